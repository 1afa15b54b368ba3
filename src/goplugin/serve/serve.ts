/** The plugin side: serves services to a go-plugin host, in Go or in TypeScript. */
import { X509Certificate } from 'node:crypto';
import { variables } from '../handshake/environment.ts';
import { formatHandshakeLine } from '../handshake/line.ts';
import { createIdentity, type MutualTls } from '../tls/identity.ts';
import { createLogger } from './logger.ts';
import type { ServeOptions, ServeTestOptions } from './options.ts';
import { checkServeOptions } from './serve-options.ts';
import { realWrite } from './real-write.ts';
import type { Environment } from './socket.ts';
import { chooseVersion } from './version.ts';

/**
 * Serves until the host asks the plugin to end (or SIGTERM does, or `signal` aborts), then ends the process with code 0.
 *
 * Prints nothing on stdout but the handshake; whatever the program prints afterwards goes to the host through gRPC.
 * Run by hand, it explains itself on stderr and ends the process with code 1.
 *
 * @throws InvalidOptionError for wrong options. What goes wrong before the handshake is logged to stderr and ends the
 * process with code 1, where the host sees it.
 *
 * ```ts
 * await serve({
 *   handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
 *   services: [service(kvDefinition, { get: ({ key }) => ({ value: store.get(key) }) })],
 * });
 * ```
 */
export async function serve(options: ServeOptions): Promise<void> {
  checkServeOptions(options);
  const { handshake, protocolVersions = [1], test, exit = true } = options;
  if (test) {
    await serveForTest(options, test, protocolVersions);
    return;
  }
  const environment: Environment = process.env;
  if (environment[handshake.magicCookieKey] !== handshake.magicCookieValue) refuseToRun();

  const logger = options.logger ?? createLogger();
  const ignoreInterrupt = (): void => {
    logger.trace('ignoring an interrupt: the host decides when this plugin ends');
  };
  process.on('SIGINT', ignoreInterrupt);
  try {
    const protocolVersion = chooseVersion(protocolVersions, environment[variables.protocolVersions]);
    const [tls, { openPluginServer }] = await Promise.all([
      makeTls(environment),
      import('./plugin-server.ts'),
    ]);
    const server = await openPluginServer(options, { environment, protocolVersion, tls, logger });
    await printLine(
      formatHandshakeLine({
        protocolVersion,
        network: 'unix',
        address: server.path,
        certificateDer: tls?.identity.certificateDer,
        // Said only to a host that asks (go-plugin: server.go).
        multiplexing: environment[variables.multiplexing] ? true : undefined,
      }),
    );
    await server.run();
  } catch (error) {
    logger.error('the plugin could not be served', { error });
    if (!exit) throw error;
    process.exit(1);
  } finally {
    process.off('SIGINT', ignoreInterrupt);
  }
  if (exit) process.exit(0);
}

/** Serves as part of a program that is not a plugin otherwise. */
async function serveForTest(
  options: ServeOptions,
  test: ServeTestOptions,
  protocolVersions: readonly number[],
): Promise<void> {
  const logger = options.logger ?? createLogger();
  // These options are about the host that starts the plugin; here there is no such host.
  const {
    [variables.clientCertificate]: _pem,
    [variables.multiplexing]: _mode,
    ...environment
  } = process.env;
  const protocolVersion = chooseVersion(protocolVersions, environment[variables.protocolVersions]);
  const { openPluginServer } = await import('./plugin-server.ts');
  const server = await openPluginServer(options, { environment, protocolVersion, tls: undefined, logger });
  test.onReady({
    protocol: 'grpc',
    protocolVersion,
    address: { network: 'unix', address: server.path },
    pid: process.pid,
    test: true,
  });
  await server.run();
  if (options.exit === true) process.exit(0);
}

function refuseToRun(): never {
  realWrite(
    process.stderr,
    'This program is a plugin: it is not meant to be run by hand.\n' +
      'Run the program that uses it; that starts the plugin by itself.\n',
  );
  process.exit(1);
}

/** A host that wants AutoMTLS sends its certificate. */
async function makeTls(environment: Environment): Promise<MutualTls | undefined> {
  const pem = environment[variables.clientCertificate];
  if (!pem) return undefined;
  return { identity: await createIdentity(), peerDer: readCertificate(pem) };
}

function readCertificate(pem: string): Buffer {
  try {
    return new X509Certificate(pem).raw;
  } catch {
    throw new Error(`${variables.clientCertificate} is not a certificate in PEM form`);
  }
}

async function printLine(line: string): Promise<void> {
  await new Promise<void>((resolve) => {
    realWrite(process.stdout, `${line}\n`, resolve);
  });
}
