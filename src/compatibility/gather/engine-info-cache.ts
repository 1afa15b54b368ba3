import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AnsweringEngine, InfoCache } from '../../engine/index.ts';
import { processIdentity, type ProcessIdentity } from '../../linux/process-identity.ts';
import { checkGiven } from '../compatibility-checks.ts';
import { readCacheFile, userCache, writeCacheFile } from './cache-folder.ts';
import { engineAt } from './engine-process.ts';

/** Format of what is kept; raised when it changes. */
const cacheFormat = 1;

/**
 * Longest time that an answer is used, in milliseconds. A service can be made to read its configuration anew while it
 * runs, which is then noticed.
 */
const longestAgeMs = 600_000;

/**
 * Keeps in a folder what Podman services say about themselves, for as long as their process lives and ten minutes at
 * most: the runtime, the storage and the user of a service are those with which it was started. An answer that can't be
 * tied to a process that this one sees answering on the socket is neither kept nor used. Docker is always asked,
 * because it answers at once.
 *
 * @example
 * await using engine = await connectEngine({ infoCache: engineInfoCache(folder) });
 */
export function engineInfoCache(folder: string): InfoCache {
  checkGiven('engineInfoCache', { folder });
  /**
   * The process that was there before the engine was asked. If another one is there afterwards, it is unknown which of
   * them answered.
   */
  const asked = new Map<string, ProcessIdentity>();
  return {
    async read(engine) {
      const service = await serviceOf(engine);
      if (service !== undefined) asked.set(engine.socketPath, service);
      const kept = service && parse(await readCacheFile(folder, cacheFile(engine)));
      const isSame =
        kept?.engine.version === engine.version &&
        kept.engine.socketPath === engine.socketPath &&
        kept.keptAt > Date.now() - longestAgeMs &&
        kept.keptAt <= Date.now() &&
        isSameProcess(kept.service, service);
      return isSame ? kept.answers : undefined;
    },
    async write(engine, answers) {
      const service = await serviceOf(engine);
      if (service === undefined || !isSameProcess(service, asked.get(engine.socketPath))) return;
      const kept = { format: cacheFormat, engine, service, keptAt: Date.now(), answers };
      await writeCacheFile(folder, cacheFile(engine), JSON.stringify(kept));
    },
  };
}

/** Returns this user's usual folder for {@link engineInfoCache}; `undefined` for a user without a home. */
export function userEngineCache(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  checkGiven('userEngineCache', { environment });
  return userCache('engines', environment);
}

async function serviceOf(engine: AnsweringEngine): Promise<ProcessIdentity | undefined> {
  if (engine.kind !== 'podman') return undefined;
  const found = await engineAt(engine);
  const identity = found && processIdentity(found.pid);
  return identity?.startTime === found?.startTime ? identity : undefined;
}

const keptSchema = z.object({
  format: z.literal(cacheFormat),
  engine: z.object({ version: z.string(), socketPath: z.string() }),
  service: z.object({
    bootId: z.string(),
    machineId: z.string(),
    pidNamespace: z.string(),
    pid: z.number(),
    startTime: z.string(),
  }),
  keptAt: z.number(),
  answers: z.unknown(),
});

function parse(text: string | undefined): z.infer<typeof keptSchema> | undefined {
  try {
    return keptSchema.parse(JSON.parse(text ?? 'null'));
  } catch {
    return undefined; // it is not there, or of another version
  }
}

function isSameProcess(one: ProcessIdentity, other: ProcessIdentity | undefined): boolean {
  return (
    one.pid === other?.pid &&
    one.startTime === other.startTime &&
    one.bootId === other.bootId &&
    one.pidNamespace === other.pidNamespace
  );
}

function cacheFile({ socketPath }: AnsweringEngine): string {
  return `${createHash('sha256').update(socketPath).digest('hex').slice(0, 32)}.json`;
}
