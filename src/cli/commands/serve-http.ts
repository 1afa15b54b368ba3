/** The options of the HTTP API, from the flags of `serve`. */
import { open, readFile } from 'node:fs/promises';
import { BulkheadError } from '../../errors.ts';
import { loopback, type AccessLogEntry, type ListenAddress } from '../../server/internal.ts';
import type { HttpOptions } from '../../server/index.ts';
import type { Context } from '../command.ts';
import { plainJson, plainText } from '../output/plain-text.ts';
import { UsageError } from '../usage-error.ts';
import type { ServeFlags } from './serve.ts';

export interface OpenedHttpOptions extends AsyncDisposable {
  readonly options: HttpOptions;
}

/** @throws UsageError; BulkheadError `FILE_UNUSABLE` */
export async function httpOptions(flags: ServeFlags, { terminal }: Context): Promise<OpenedHttpOptions> {
  const listen = await listenAddress(flags);
  const { access_log: path } = flags;
  const file =
    path === undefined || path === '-' ? undefined : await open(path, 'a', 0o600).catch(unusable(path));
  const write = (line: string): void => {
    if (file === undefined) terminal.err(line);
    else void file.appendFile(`${line}\n`).catch(() => undefined);
  };
  return {
    options: {
      ...(listen && { listen }),
      ...(path !== undefined && {
        accessLog: (entry) => {
          write(lineOf(entry));
        },
      }),
      onProblem: ({ what, error }) => {
        const { message } = BulkheadError.from(error);
        terminal.err(`${terminal.paintErr('yellow', 'Warning:')} ${plainText(`${what}: ${message}`)}`);
      },
    },
    [Symbol.asyncDispose]: async () => file?.close(),
  };
}

async function listenAddress({ listen, tls_cert: cert, tls_key: key }: ServeFlags) {
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('-tls_cert and -tls_key belong together');
  if (listen === undefined) {
    if (cert !== undefined) throw new UsageError('-tls_cert is for the address of -listen');
    return undefined;
  }
  const parts = /^(.*?)(?::(\d{1,5}))?$/.exec(listen);
  const address = parts?.[1] ?? '';
  const port = Number(parts?.[2] ?? 8200);
  if (address === '' || port > 65_535)
    throw new UsageError(`-listen takes an address, such as 127.0.0.1:8200, not ${JSON.stringify(listen)}`);
  loopback(address);
  const tls =
    cert === undefined || key === undefined
      ? undefined
      : { cert: await textOf(cert), key: await textOf(key) };
  return { address, port, ...(tls && { tls }) } satisfies ListenAddress;
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(unusable(path));
}

function unusable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new BulkheadError('FILE_UNUSABLE', `${path} can't be used: ${(cause as Error).message}`, { cause });
  };
}

/** The names of the fields are those of the API's own answers. */
function lineOf({ time, requestId, remoteAddress, tokenId, milliseconds, ...rest }: AccessLogEntry): string {
  // The parser lets any byte beyond ASCII through, and some of them steer terminals.
  return plainJson({
    time: time.toISOString(),
    request_id: requestId,
    remote_address: remoteAddress,
    token_id: tokenId,
    ms: Math.round(milliseconds * 1000) / 1000,
    ...rest,
  });
}
