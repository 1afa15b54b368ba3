import { once } from 'node:events';
import { BulkheadError } from '../../errors.ts';
import { PluginHost } from '../../host/index.ts';
import { openHttp, TokenBook } from '../../server/internal.ts';
import { messageOf } from '../../thrown-value.ts';
import { KeptMounts, keptPlaces, openKeptStorage, serveMounts } from '../../vault/internal.ts';
import type { Context } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { plainText } from '../output/plain-text.ts';
import { findServedMounts } from '../vault/served-mounts.ts';
import { isInUse, keyFileOf, tellProblem } from '../vault/with-mounts.ts';
import { httpOptions } from './serve-http.ts';
import type { ServeFlags } from './serve.ts';
import { directoryOf } from './directory.ts';
import { controlLogger, keepAlive, tellStates } from './host-reports.ts';
import { tellOverrides } from './override-flag.ts';

/** Keeps the mounts of a directory running and serves them, until the command is ended. */
export async function serveDirectory(flags: ServeFlags, context: Context): Promise<ExitCode> {
  const { terminal, signal } = context;
  const directory = directoryOf(flags.directory, context);
  const { folder } = keptPlaces(directory);
  await using http = await httpOptions(flags, context);
  using _overrides = tellOverrides(terminal);
  const { pid } = await findServedMounts(folder, signal);
  if (pid !== undefined) throw served(directory.directory, pid);
  const storage = await openKeptStorage(directory, {
    keyFile: keyFileOf(flags, context),
    make: true,
    signal,
  }).catch((error: unknown) => {
    if (isInUse(error)) throw inUse(error);
    throw error;
  });
  if (storage === undefined) throw new Error('a storage that is made is there');
  await using host = await PluginHost.open({
    ...directory,
    socketPath: flags.engine,
    socketDirectory: flags.socket_directory,
    override: flags.override,
    control: true,
    logger: controlLogger(terminal),
    signal,
  }).catch(async (error: unknown) => {
    await storage.close().catch(() => undefined); // what went wrong first counts
    throw error;
  });
  await using mounts = await KeptMounts.open(storage, {
    openHost: () => Promise.resolve(host),
    onProblem: (problem) => {
      tellProblem(problem, context);
    },
  });
  using _alive = keepAlive();
  await using _told = tellStates(host, terminal);
  await using _socket = await serveMounts(mounts, folder, {
    removed: (text) => {
      terminal.err(plainText(text));
    },
    left: (error) => {
      const why = messageOf(error);
      terminal.err(plainText(`The socket of the mounts could not be removed from its directory: ${why}`));
    },
  });
  await using server = await openHttp(
    directory,
    { host, mounts, tokens: new TokenBook(directory) },
    http.options,
  );
  await mounts.openAll({ signal });
  const count = (await mounts.list()).length;
  terminal.out(plainText(`Serving ${count} mounts of ${directory.directory}`));
  for (const address of [`unix://${server.socketPath}`, server.url])
    if (address !== undefined) terminal.out(plainText(`VAULT_ADDR=${address}`));
  if (server.adminToken !== undefined) {
    terminal.out(`VAULT_TOKEN=${server.adminToken}`);
    terminal.err('This token allows everything. It is shown this once; bulkhead token makes further ones.');
  }
  if (!signal.aborted) await once(signal, 'abort');
  return exitCodes.ok;
}

function served(directory: string, pid: number): BulkheadError {
  return new BulkheadError(
    'VAULT_STORAGE_IN_USE',
    `the mounts of ${directory} are served already, by process ${pid}`,
    { hint: 'One bulkhead serve is enough: every command on the directory uses it.' },
  );
}

function inUse(cause: BulkheadError): BulkheadError {
  return new BulkheadError('VAULT_STORAGE_IN_USE', cause.message, {
    cause,
    hint: 'A command that uses the mounts holds it for as long as it runs. Try again when it has ended.',
  });
}
