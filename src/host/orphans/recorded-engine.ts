/** Engines that the records of hosts name, opened to look for what those hosts have left. */
import { connectEngine, startPodmanService, type Engine, type PodmanService } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { messageOf } from '../../thrown-value.ts';
import { endAll } from '../../waiting/end-all.ts';
import { engineKey, engineName, type OwnPodman, type PlacedRecord, type UsedEngine } from './host-record.ts';

/** An engine that is stopped must not hold up the look at all the others. */
const limits = { connectMs: 5_000, headersMs: 20_000, bodyMs: 20_000 } as const;

/** An engine of a record, opened. Disposing of it closes it, and ends the service that was started for it. */
export interface OpenedEngine extends AsyncDisposable {
  readonly used: UsedEngine;
  readonly engine: Engine;
}

export interface OpenedEngines extends AsyncDisposable {
  readonly opened: readonly OpenedEngine[];
  /** The engines that could not be asked, each with the reason. */
  readonly failures: readonly string[];
}

/**
 * Opens every engine that one of the records names and that is not open already. An engine that is gone is no failure
 * of the others.
 *
 * @param known keys of the engines that the caller has
 */
export async function openRecorded(
  records: readonly PlacedRecord[],
  {
    known = new Set(),
    signal,
  }: { readonly known?: ReadonlySet<string>; readonly signal?: AbortSignal | undefined },
): Promise<OpenedEngines> {
  const wanted = new Map<
    string,
    { readonly used: UsedEngine; readonly uid: number; readonly place: string }
  >();
  for (const { engines, uid, place } of records) {
    for (const used of engines) {
      const key = engineKey(used);
      if (!known.has(key)) wanted.set(`${uid} ${key}`, { used, uid, place });
    }
  }
  const opened: OpenedEngine[] = [];
  const failures: string[] = [];
  const dispose = async (): Promise<void> => {
    await endAll(opened.map((each) => () => each[Symbol.asyncDispose]()));
  };
  // One after the other: services on the same storage would wait for each other's locks.
  for (const { used, uid, place } of wanted.values()) {
    try {
      opened.push(await openOne(used, uid, signal));
    } catch (error) {
      if (signal?.aborted === true) {
        await dispose();
        signal.throwIfAborted();
      }
      failures.push(
        `${engineName(used)} could not be asked: ${messageOf(error)} (if it is gone for good, delete ${place})`,
      );
    }
  }
  return { opened, failures, [Symbol.asyncDispose]: dispose };
}

async function openOne(
  used: UsedEngine,
  uid: number,
  signal: AbortSignal | undefined,
): Promise<OpenedEngine> {
  if (used.kind === 'socket') {
    const engine = await connectEngine({ socketPath: used.socketPath, limits, signal });
    return { used, engine, [Symbol.asyncDispose]: () => engine.close() };
  }
  if (uid !== process.geteuid?.()) {
    throw new BulkheadError('ENGINE_SOCKET_FORBIDDEN', `it belongs to user ${uid}`, {
      hint: `Run the command as user ${uid}.`,
    });
  }
  return (await ofLivingHost(used, signal)) ?? startAgain(used, signal);
}

/** The service itself, while its host lives. */
async function ofLivingHost(
  used: OwnPodman,
  signal: AbortSignal | undefined,
): Promise<OpenedEngine | undefined> {
  try {
    const engine = await connectEngine({ socketPath: used.socketPath, limits, signal });
    if (engine.info.storageRoot === used.storage.root)
      return { used, engine, [Symbol.asyncDispose]: () => engine.close() };
    await engine.close();
  } catch {
    signal?.throwIfAborted(); // the service ended with its host
  }
  return undefined;
}

/**
 * Starts a service on the same storage. It is started as the host started it first, because Podman then reads the same
 * settings; where this leads to another storage, the variables of this process differ, and the recorded place counts.
 */
async function startAgain(used: OwnPodman, signal: AbortSignal | undefined): Promise<OpenedEngine> {
  const { runtime, root, runRoot, tmpDir, storage } = used;
  const first = await started(used, { runtime, root, runRoot, tmpDir, signal });
  if (first.engine.info.storageRoot === storage.root) return first;
  await first[Symbol.asyncDispose]();
  if (storage.runRoot === undefined) {
    throw new BulkheadError(
      'ENGINE_NONE_FOUND',
      `Podman's storage is ${first.engine.info.storageRoot} by now, and was ${storage.root}`,
      { hint: 'Set HOME, XDG_DATA_HOME and CONTAINERS_STORAGE_CONF as they were for the host.' },
    );
  }
  return started(used, { runtime, root: storage.root, runRoot: storage.runRoot, tmpDir, signal });
}

async function started(
  used: OwnPodman,
  options: Parameters<typeof startPodmanService>[0],
): Promise<OpenedEngine> {
  const service: PodmanService = await startPodmanService(options);
  try {
    const engine = await connectEngine({ socketPath: service.socketPath, limits, signal: options?.signal });
    return {
      used,
      engine,
      async [Symbol.asyncDispose]() {
        await endAll([() => engine.close(), () => service[Symbol.asyncDispose]()]);
      },
    };
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}
