/** Mounts that another process has open: `bulkhead serve`. */
import type { AbortOption } from '../../abort.ts';
import type { TrustedDirectory } from '../../catalog/internal.ts';
import {
  longestMountsRequest,
  mountsAnswerSchema,
  parseExact,
  stringifyExact,
  type MountsAnswer,
  type MountsRequest,
  type Mounts,
} from '../../vault/internal.ts';
import {
  asError,
  askEverySocket,
  askSocket,
  endedEarly,
  notAnAnswer,
  silentMs,
  type SilentHost,
} from '../control/ask-hosts.ts';
import { Silence } from '../control/silence.ts';

export interface FoundMounts {
  readonly mounts: Mounts | undefined;
  /** Process id of whoever serves them. */
  readonly pid: number | undefined;
  readonly silent: readonly SilentHost[];
}

/**
 * Finds the process that serves the mounts.
 *
 * @param standstillMs how long nothing may be heard of it while it is at work on a request
 * @param folder where the storage is
 * @throws StoreError `CATALOG_UNTRUSTED`
 */
export async function findServedMounts(
  folder: TrustedDirectory,
  signal: AbortSignal,
  standstillMs = silentMs,
): Promise<FoundMounts> {
  const { answered, silent } = await askEverySocket(folder, { signal }, async (at, name, either) => {
    const ask = (request: MountsRequest, ends: AbortSignal) =>
      askMounts(at, name, request, { signal: ends, standstillMs });
    const answer = await ask({ op: 'mounts' }, either);
    if (answer === undefined) return undefined;
    if (!('pid' in answer)) throw notAnAnswer();
    return { pid: answer.pid, mounts: servedMounts(ask) };
  });
  return { mounts: answered[0]?.mounts, pid: answered[0]?.pid, silent };
}

type Ask = (request: MountsRequest, signal: AbortSignal) => Promise<MountsAnswer | undefined>;

function servedMounts(ask: Ask): Mounts {
  const asked = async (request: MountsRequest, { signal = new AbortController().signal }: AbortOption) => {
    const answer = await ask(request, signal);
    if (answer === undefined) throw endedEarly();
    return answer;
  };
  return {
    async list(options) {
      const answer = await asked({ op: 'mounts' }, options);
      if ('mounts' in answer) return answer.mounts;
      throw notAnAnswer();
    },
    async enable(mount, options) {
      const answer = await asked({ op: 'enable', mount }, options);
      if ('enabled' in answer) return answer.enabled;
      throw notAnAnswer();
    },
    async disable(path, { force, ...options }) {
      const answer = await asked({ op: 'disable', path, force }, options);
      if ('disabled' in answer) return answer.disabled;
      throw notAnAnswer();
    },
    async request(request, options) {
      const answer = await asked({ op: 'request', request }, options);
      if ('answer' in answer) return answer.answer ?? undefined;
      throw notAnAnswer();
    },
  };
}

/** An answer may be longer than any request: it holds what the plugin answers, and what that is wrapped in. */
const longestAnswer = 4 * longestMountsRequest;

/**
 * @returns `undefined` when the connection ends without an answer
 * @throws the error that is answered; BulkheadError `HOST_SILENT` when nothing is heard for a while
 */
async function askMounts(
  folder: string,
  name: string,
  request: MountsRequest,
  { signal, standstillMs }: { readonly signal: AbortSignal; readonly standstillMs: number },
): Promise<MountsAnswer | undefined> {
  const text = stringifyExact(request) ?? '';
  const silence = new Silence(standstillMs);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    for await (const line of askSocket(folder, name, text, { signal: either, mostBytes: longestAnswer })) {
      const answer = mountsAnswerSchema.safeParse(parsed(line));
      if (!answer.success) throw notAnAnswer();
      silence.heard();
      if ('alive' in answer.data) continue;
      if ('error' in answer.data) throw asError(answer.data.error);
      return answer.data;
    }
    return undefined;
  } finally {
    silence.pause();
  }
}

/** @returns `undefined` for a line that is not JSON, which no answer is */
function parsed(line: string): unknown {
  try {
    return parseExact(line);
  } catch {
    return undefined;
  }
}
