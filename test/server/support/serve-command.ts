/** The real command `bulkhead serve`, as a user runs it, on an engine, with the key/value engine of Vault at hand. */
import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linesOf, openCommandWorld, type CommandWorld } from '../../cli/command-world.ts';
import type { TestEngine } from '../../engines/engines.ts';
import { loadFixture } from '../../plugins/images.ts';
import { apiClient, type Api } from './api-client.ts';

export interface ServeWorld extends AsyncDisposable {
  readonly world: CommandWorld;
  /** What a catalog entry of the key/value engine names: its image has no tag but this version. */
  readonly image: string;
  readonly version: string;
  /** Digest of the image, without `sha256:`. */
  readonly sha256: string;
  /** Path of a certificate for the loopback address, which is its own authority. */
  readonly certificate: string;
  readonly serve: (...flags: string[]) => Promise<Serving>;
}

/** A `bulkhead serve` that answers. */
export interface Serving {
  readonly process: ChildProcess;
  /** `unix://...` */
  readonly socketAddress: string;
  /** Where `-listen` was given. */
  readonly url: string | undefined;
  /** The token of the first start of this world. */
  readonly token: string;
  /** Asks over the socket. */
  readonly api: Api;
  /** What it has written until now. */
  readonly output: () => string;
  /** Sends a signal, and waits for the end. @returns its exit code */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** @returns why there is none, where the plugin can't be built here */
export async function openServeWorld(
  engine: TestEngine,
  name: string,
  /** In place of one of the test's own. */
  repository = `localhost/bulkhead-test/${name}`,
): Promise<ServeWorld | { readonly skipped: string }> {
  const world = await openCommandWorld(engine);
  const fixture = await loadFixture(world.engine, 'go-vault-secrets-kv');
  if (fixture.skipped !== undefined) {
    await world[Symbol.asyncDispose]();
    return fixture;
  }
  const image = repository;
  const version = '0.25.0';
  await world.engine.images.tag(fixture.id, `${image}:${version}`);
  const certificate = join(world.directory, 'tls.pem');
  const key = join(world.directory, 'tls.key');
  makeCertificate(certificate, key);
  let token = '';
  return {
    ...{ world, image, version, certificate, sha256: fixture.id.replace(/^sha256:/, '') },
    async serve(...flags) {
      const tls = flags.includes('-tls') ? [`-tls_cert=${certificate}`, `-tls_key=${key}`] : [];
      const child = world.start('serve', ...world.where, ...tls, ...flags.filter((flag) => flag !== '-tls'));
      const lines = linesOf(child);
      const exit = once(child, 'exit') as Promise<[number | null]>;
      await lines.until(
        /^VAULT_ADDR=unix:.*$[^]*^Serving \d+ mounts|^Serving \d+ mounts[^]*^VAULT_ADDR=unix:.*$/m,
      );
      if (flags.some((flag) => flag.startsWith('-listen'))) await lines.until(/^VAULT_ADDR=https?:.*$/m);
      if (token === '') await lines.until(/^VAULT_TOKEN=\S+$/m);
      const found = (pattern: RegExp) => pattern.exec(lines.text())?.[1];
      token = found(/^VAULT_TOKEN=(\S+)$/m) ?? token;
      const socketAddress = found(/^VAULT_ADDR=(unix:\S+)$/m) ?? '';
      return {
        ...{
          process: child,
          socketAddress,
          token,
          output: () => lines.text(),
          url: found(/^VAULT_ADDR=(https?:\S+)$/m),
        },
        api: apiClient(socketAddress.replace('unix://', ''), token),
        async end(signal = 'SIGTERM') {
          child.kill(signal);
          const [code] = await exit;
          return code;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await world.engine.images.remove(`${image}:${version}`).catch(() => undefined);
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The certificate as a client trusts it. */
export function certificateOf({ certificate }: ServeWorld): Promise<string> {
  return readFile(certificate, 'utf8');
}

function makeCertificate(certificate: string, key: string): void {
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const subject = ['-subj', '/CN=localhost', '-addext', names, '-days', '2'];
  const made = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    certificate,
  ];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
}
