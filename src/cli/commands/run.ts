import { once } from 'node:events';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { LaunchOptions } from '../../container/index.ts';
import type { PluginHost, PluginHostOptions } from '../../host/index.ts';
import type { Plugin } from '../../goplugin/index.ts';
import { exitCodes, UsageError, type Command, type Output } from '../command.ts';

const flags = {
  cookie: { type: 'string' },
  'protocol-version': { type: 'string', multiple: true },
  runtime: { type: 'string' },
  user: { type: 'string' },
  env: { type: 'string', multiple: true },
  tmpfs: { type: 'string', multiple: true },
  workdir: { type: 'string' },
  socket: { type: 'string' },
  'no-mtls': { type: 'boolean' },
} satisfies ParseArgsConfig['options'];

/** Starts a plugin, prints what was negotiated, and stays until the plugin ends or Ctrl-C. */
export const run: Command = {
  name: 'run',
  synopsis:
    'IMAGE --cookie KEY=VALUE [--protocol-version N]... [--runtime NAME] [--user UID:GID] [--env NAME=VALUE]... [--tmpfs PATH]... [--workdir PATH] [--socket PATH] [--no-mtls]',
  summary: 'start a plugin from a local image, print its handshake, stay attached',
  async run(args, output, signal) {
    const { options, socketPath } = launchOptions(args);
    await using host = await openHost({ socketPath, signal });
    const plugin = await host.start({
      ...options,
      signal,
      onLog: ({ level, message }) => {
        output.err(`[${level}] ${message}`);
      },
    });
    printHandshake(plugin, output);
    const aborted = once(signal, 'abort').then(() => undefined);
    const exit = await Promise.race([plugin.exited, aborted]);
    if (exit === undefined) return exitCodes.ok;
    output.err(`the plugin ended with exit code ${exit.code ?? 'unknown'}`);
    return exit.code === 0 ? exitCodes.ok : exitCodes.no;
  },
};

/** Loaded only when there is something to run. */
async function openHost(options: PluginHostOptions): Promise<PluginHost> {
  const { PluginHost } = await import('../../host/index.ts');
  return PluginHost.open(options);
}

function launchOptions(args: readonly string[]): { options: LaunchOptions; socketPath: string | undefined } {
  const { values, positionals } = parse(args);
  const [image, ...rest] = positionals;
  if (image === undefined || rest.length > 0) throw new UsageError('run takes one IMAGE');
  if (values.cookie === undefined)
    throw new UsageError('--cookie KEY=VALUE is needed: the plugin refuses to run without it');
  const [magicCookieKey, magicCookieValue] = pair('--cookie', values.cookie);
  const options: LaunchOptions = {
    image,
    handshake: { magicCookieKey, magicCookieValue },
    protocolVersions: (values['protocol-version'] ?? ['1']).map(protocolVersion),
    autoMtls: values['no-mtls'] !== true,
    runtime: values.runtime,
    user: values.user,
    workingDirectory: values.workdir,
    env: Object.fromEntries((values.env ?? []).map((entry) => pair('--env', entry))),
    tmpfs: (values.tmpfs ?? []).map((path) => ({ path })),
  };
  return { options, socketPath: values.socket };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function pair(flag: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`${flag} takes NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function protocolVersion(text: string): number {
  const version = Number(text);
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new UsageError(`--protocol-version takes a number, not ${text}`);
  }
  return version;
}

function printHandshake({ handshake, id }: Plugin, { out }: Output): void {
  out(`container         ${id?.slice(0, 12) ?? 'unknown'}`);
  out(`core version      ${handshake.coreVersion}`);
  out(`protocol version  ${handshake.protocolVersion}`);
  out(`address           ${handshake.network} ${handshake.address}`);
  out(`mutual TLS        ${handshake.tls ? 'yes' : 'no'}`);
}
