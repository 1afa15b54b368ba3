import { lstat, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { whenAborted } from '../../abort.ts';
import { trustedPath, type TrustedDirectory } from '../../catalog/internal.ts';
import { BulkheadError, errorCodes, type ErrorCode } from '../../errors.ts';
import {
  answerSchema,
  hostsFolder,
  type ControlAnswer,
  type ControlRequest,
  type HostState,
} from '../../host/control/messages.ts';
import { shortPath } from '../../linux/short-path.ts';
import { answerLines, longestAnswer, longestState } from './answer-lines.ts';
import { Silence } from './silence.ts';

/** How long a host may take to say what it runs. It keeps that in memory, so a host that is well answers at once. */
export const stateMs = 5_000;

/**
 * How long a host that is at work on a request may be silent. It says every second that it is alive; a program that is a
 * host may be busy with something else for some seconds.
 */
export const silentMs = 15_000;

const hungUp = 'it ended the connection without an answer';

/** A host in another process that runs on the directory. */
export interface RunningHost {
  readonly state: HostState;
  /**
   * Sends a request and yields the answers. Leaving the iteration, or an abort, ends it.
   *
   * @throws the error that the host reports; BulkheadError `HOST_SILENT` for an answer that is none, and when the host
   *   ends, or stands still, before it has answered
   */
  ask(request: ControlRequest, options: { readonly signal: AbortSignal }): AsyncIterable<ControlAnswer>;
}

/** A socket in the directory on which no host answers as it should. */
export interface SilentHost {
  readonly socket: string;
  /** Process id of the host, as the name of its socket has it. */
  readonly pid: number | undefined;
  readonly reason: string;
}

export interface FoundHosts {
  readonly running: readonly RunningHost[];
  readonly silent: readonly SilentHost[];
}

/**
 * Finds the hosts that run on a directory. Each has a short time to answer, so that one that is stopped holds up
 * nobody; it is among the silent ones. Sockets of dead hosts are removed.
 *
 * @throws StoreError `CATALOG_UNTRUSTED` when another user could have put something there
 */
export async function findHosts(
  directory: TrustedDirectory,
  {
    signal,
    limitMs,
    standstillMs = silentMs,
  }: { readonly signal: AbortSignal; readonly limitMs?: number; readonly standstillMs?: number },
): Promise<FoundHosts> {
  const { answered, silent } = await askEverySocket(
    directory,
    { signal, ...(limitMs !== undefined && { limitMs }) },
    async (folder, name, late): Promise<RunningHost | undefined> => {
      const state = await stateOf(folder, name, late);
      return (
        state && {
          state,
          ask: (request, given) => askAtWork(folder, name, request, { ...given, standstillMs }),
        }
      );
    },
  );
  return { running: answered, silent };
}

/**
 * Asks whatever listens on a socket in the folder of sockets below a directory.
 *
 * @param ask resolves to `undefined` when the connection was ended without an answer
 * @throws StoreError `CATALOG_UNTRUSTED` when another user could have put something there
 */
export async function askEverySocket<T extends object>(
  directory: TrustedDirectory,
  { signal, limitMs = stateMs }: { readonly signal: AbortSignal; readonly limitMs?: number },
  ask: (folder: string, name: string, signal: AbortSignal) => Promise<T | undefined>,
): Promise<{ readonly answered: readonly T[]; readonly silent: readonly SilentHost[] }> {
  const folder = await trustedPath(directory, join(directory.directory, hostsFolder), 'read');
  if (folder === undefined) return { answered: [], silent: [] };
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sock')).sort();
  const askOne = async (name: string): Promise<{ answer: T } | { silent: SilentHost } | undefined> => {
    const silent = (reason: string): { silent: SilentHost } => {
      const pid = /^\d+(?=-)/.test(name) ? Number.parseInt(name, 10) : undefined;
      return { silent: { socket: join(folder, name), pid, reason } };
    };
    try {
      // The socket of another user is not connected to, and does not stop the question to the others.
      if ((await trustedPath(directory, join(folder, name), 'read')) === undefined) return undefined;
      const late = AbortSignal.timeout(limitMs);
      const answer = await ask(folder, name, AbortSignal.any([signal, late])).catch((error: unknown) => {
        if (late.aborted) throw new Error(`it did not answer within ${limitMs / 1000} seconds`);
        throw error;
      });
      return answer === undefined ? silent(hungUp) : { answer };
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined; // it closed meanwhile
      if (code === 'ECONNREFUSED' && (await removeDead(join(folder, name)))) return undefined;
      return silent(code === 'EPIPE' || code === 'ECONNRESET' ? hungUp : (error as Error).message);
    }
  };
  const found = await Promise.all(names.map(askOne));
  return {
    answered: found.flatMap((each) => (each !== undefined && 'answer' in each ? [each.answer] : [])),
    silent: found.flatMap((each) => (each !== undefined && 'silent' in each ? [each.silent] : [])),
  };
}

/** Says in a sentence that a host does not answer, and why. */
export function silentHostText({ pid, socket, reason }: SilentHost): string {
  const who = pid === undefined ? `A host at ${socket}` : `The host of process ${pid} (${socket})`;
  return `${who} does not answer: ${reason}`;
}

/** The error for something that is asked of hosts, and that one which does not answer may have. */
export function silentHostsError(silent: readonly SilentHost[], what: string): BulkheadError {
  return new BulkheadError('HOST_SILENT', [`${what}, and:`, ...silent.map(silentHostText)].join('\n'), {
    hint: 'A host that was stopped (Ctrl-Z, SIGSTOP) answers again after SIGCONT. End one that hangs; bulkhead gc then removes what it leaves.',
  });
}

async function stateOf(folder: string, name: string, signal: AbortSignal): Promise<HostState | undefined> {
  for await (const answer of askHost(folder, name, { op: 'state' }, signal)) {
    if ('state' in answer) return answer.state;
    throw notAnAnswer();
  }
  return undefined;
}

/** Removes a socket on which nobody listens any more, because its host is gone. @returns whether it is one */
async function removeDead(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() === false && !found.isFile()) return false;
  await rm(path, { force: true });
  return true;
}

/** Asks for more than the state, which may take its time. A host that is at work on it says so again and again. */
async function* askAtWork(
  folder: string,
  name: string,
  request: ControlRequest,
  { signal, standstillMs }: { readonly signal: AbortSignal; readonly standstillMs: number },
): AsyncIterable<ControlAnswer> {
  const silence = new Silence(standstillMs);
  const asked: ControlRequest = request.op === 'state' ? request : { ...request, beats: true };
  try {
    for await (const answer of askHost(folder, name, asked, AbortSignal.any([signal, silence.signal]), () => {
      silence.heard();
    })) {
      silence.pause();
      yield answer;
      silence.heard();
    }
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    throw ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code ?? '') ? endedEarly() : error;
  } finally {
    silence.pause();
  }
}

async function* askHost(
  folder: string,
  name: string,
  request: ControlRequest,
  signal: AbortSignal,
  heard: () => void = () => undefined,
): AsyncIterable<ControlAnswer> {
  const most = request.op === 'state' ? longestState : longestAnswer;
  let isWhole = false;
  for await (const line of askSocket(folder, name, JSON.stringify(request), { signal, mostBytes: most })) {
    const answer = parseAnswer(line);
    heard();
    if ('alive' in answer) continue;
    if ('error' in answer) throw asError(answer.error);
    isWhole = 'done' in answer;
    if (!isWhole) yield answer;
  }
  if ('done' in request && !isWhole) throw endedEarly();
}

/** The error for a host that was lost before it had answered. */
export function endedEarly(): BulkheadError {
  return new BulkheadError('HOST_SILENT', 'the host ended before it had answered', {
    hint: 'Whether it did what was asked for is not known: bulkhead ps shows what still runs.',
  });
}

/** Sends a request, and yields the lines of the answer. @throws the errors of the system; the reason of the signal */
export async function* askSocket(
  folder: string,
  name: string,
  request: string,
  { signal, mostBytes }: { readonly signal: AbortSignal; readonly mostBytes: number },
): AsyncIterable<string> {
  const { path, release } = await shortPath(folder, name);
  const socket = connect({ path, allowHalfOpen: true });
  const stopListening = whenAborted(signal, () => socket.destroy(signal.reason as Error));
  try {
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    socket.on('error', () => undefined); // the reading below gets it
    socket.write(`${request}\n`);
    yield* answerLines(socket, mostBytes);
    signal.throwIfAborted();
  } finally {
    stopListening();
    socket.destroy();
    await release();
  }
}

/** @throws BulkheadError `HOST_SILENT` */
function parseAnswer(line: string): ControlAnswer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined; // which is no answer either
  }
  const answer = answerSchema.safeParse(value);
  if (answer.success) return answer.data as ControlAnswer;
  throw notAnAnswer();
}

/** The error for what listens on a socket and is no host, or one of another version. */
export function notAnAnswer(): BulkheadError {
  return new BulkheadError('HOST_SILENT', 'it answered with something that is not the answer of a host', {
    hint: 'Use the same version of bulkhead for both commands.',
  });
}

/** Makes the error that a host has reported. */
export function asError({
  code,
  message,
  hint,
}: {
  code: string;
  message: string;
  hint?: string | undefined;
}): BulkheadError {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'INTERNAL';
  return new BulkheadError(known, message, { hint });
}
