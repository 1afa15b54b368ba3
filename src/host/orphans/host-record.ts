/**
 * The record that a host keeps of itself while it is open: who it is, and which engines it uses. Whoever looks for what
 * a host has left when it was killed has to look at exactly these engines, and a Podman of the host's own has no socket
 * any more by which it could be found.
 */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readDocuments, writeDocument, type DocumentForm } from '../../catalog/internal.ts';
import { fileStore, type CatalogStore } from '../../catalog/index.ts';
import { thisProcess, livenessOf, type Liveness } from '../../linux/process-identity.ts';
import { ownerSchema } from './owner-file.ts';

const filled = z.string().min(1).max(4096);

const socketSchema = z.strictObject({ kind: z.literal('socket'), socketPath: filled });
const podmanSchema = z.strictObject({
  kind: z.literal('podman'),
  /** The runtime that the service runs its containers in. */
  runtime: filled,
  /** The options for the storage as the host had them; absent: the user's own storage. */
  root: filled.optional(),
  runRoot: filled.optional(),
  tmpDir: filled.optional(),
  /** Where the storage really is, whatever the variables of another process say. */
  storage: z.strictObject({ root: filled, runRoot: filled.optional() }),
  /** The socket of the service, which ends with its host. */
  socketPath: filled,
});

/** An engine that a host uses: one that was there, or a Podman service of the host's own. */
export type UsedEngine = z.infer<typeof socketSchema> | z.infer<typeof podmanSchema>;
export type OwnPodman = z.infer<typeof podmanSchema>;

const recordSchema = ownerSchema.extend({
  uid: z.number().int().nonnegative(),
  engines: z.array(z.discriminatedUnion('kind', [socketSchema, podmanSchema])),
  /** Folders that may hold folders of sockets of the host. */
  parents: z.array(filled),
});

export type HostRecord = Readonly<z.infer<typeof recordSchema>>;

const form: DocumentForm<HostRecord> = { kind: 'host', schema: recordSchema };
const prefix = 'hosts';

/** Where the hosts of a directory, or those of this user without one, keep their records. */
export function recordStore(
  {
    directory,
    trustedOwners,
  }: { readonly directory?: string | undefined; readonly trustedOwners?: readonly number[] | undefined },
  stateFolder: string | undefined,
): CatalogStore | undefined {
  if (directory !== undefined) return fileStore(directory, { trustedOwners });
  return stateFolder === undefined ? undefined : fileStore(join(stateFolder, 'running'));
}

/** A name by which the same engine is recognised in several records. */
export function engineKey(engine: UsedEngine): string {
  return engine.kind === 'socket'
    ? `socket ${engine.socketPath}`
    : `podman ${engine.runtime} ${engine.storage.root} ${engine.storage.runRoot ?? ''}`;
}

/** Names an engine for people. */
export function engineName(engine: UsedEngine): string {
  return engine.kind === 'socket'
    ? `the engine at ${engine.socketPath}`
    : `the embedded Podman with runtime ${engine.runtime} and storage ${engine.storage.root}`;
}

/** A record, and the file that it is in. */
export type PlacedRecord = HostRecord & { readonly place: string };

export interface ReadRecords {
  readonly records: readonly PlacedRecord[];
  /** What lies there and can't be read, in words. */
  readonly damaged: readonly string[];
}

/** Reads the records of a cluster's hosts, or of all, this one's included. @throws StoreError */
export async function readRecords(store: CatalogStore | undefined, clusterId?: string): Promise<ReadRecords> {
  if (store === undefined) return { records: [], damaged: [] };
  const { entries, damaged } = await readDocuments(store, [prefix], form);
  return {
    records: entries
      .filter((record) => clusterId === undefined || record.clusterId === clusterId)
      .map((record) => ({ ...record, place: store.place([prefix, record.hostId]) })),
    damaged: damaged.map(({ place, reason }) => `${place} ${reason}`),
  };
}

export function recordLiveness({ process }: HostRecord): Liveness {
  return livenessOf(process);
}

/**
 * Notes that these engines were swept: the records of hosts that are gone no longer name them, and those that name no
 * engine any more are removed.
 *
 * @param records those that were read before the sweep began
 */
export async function forgetSwept(
  store: CatalogStore | undefined,
  records: readonly PlacedRecord[],
  swept: ReadonlySet<string>,
): Promise<void> {
  for (const { place: _place, ...record } of records) {
    if (store === undefined || recordLiveness(record) !== 'gone' || record.uid !== process.geteuid?.())
      continue;
    const engines = record.engines.filter((engine) => !swept.has(engineKey(engine)));
    if (engines.length === record.engines.length && engines.length > 0) continue;
    if (engines.length === 0) await store.delete([prefix, record.hostId]);
    else await write(store, { ...record, engines });
  }
}

/** The record of one open host. */
export class OwnRecord {
  readonly #store: CatalogStore | undefined;
  readonly #record: Omit<HostRecord, 'engines'>;
  readonly #engines = new Map<string, UsedEngine>();
  #writing: Promise<void> = Promise.resolve();
  /** A look for the record that has not begun yet: all who ask for one until then share it. */
  #looking: Promise<void> | undefined;

  constructor(
    store: CatalogStore | undefined,
    owner: { readonly hostId: string; readonly clusterId: string; readonly parents: readonly string[] },
  ) {
    this.#store = store;
    const { hostId, clusterId, parents } = owner;
    this.#record = {
      hostId,
      clusterId,
      parents: parents.map((parent) => resolve(parent)),
      process: thisProcess(),
      uid: process.geteuid?.() ?? 0,
    };
  }

  /** The place of the file, for whoever removes it after this process. */
  get place(): string | undefined {
    return this.#store?.place([prefix, this.#record.hostId]);
  }

  /** Keys of the engines that were noted. */
  get keys(): ReadonlySet<string> {
    return new Set(this.#engines.keys());
  }

  /** Notes an engine before anything is made there. @throws StoreError */
  add(engine: UsedEngine): Promise<void> {
    this.#engines.set(engineKey(engine), engine);
    return this.#inTurn((store) => write(store, { ...this.#record, engines: [...this.#engines.values()] }));
  }

  /** Writes the record again where somebody removed it. A failure was told when it was first written. */
  keep(): Promise<void> {
    if (this.#engines.size === 0) return Promise.resolve();
    this.#looking ??= this.#inTurn(async (store) => {
      this.#looking = undefined;
      if ((await store.get([prefix, this.#record.hostId])) !== undefined) return;
      await write(store, { ...this.#record, engines: [...this.#engines.values()] });
    }).catch(() => undefined);
    return this.#looking;
  }

  /** Removes the record, because nothing of the host is left. @throws StoreError */
  remove(): Promise<void> {
    return this.#inTurn(async (store) => {
      await store.delete([prefix, this.#record.hostId]);
    });
  }

  #inTurn(work: (store: CatalogStore) => Promise<void>): Promise<void> {
    const store = this.#store;
    if (store === undefined) return Promise.resolve();
    const done = this.#writing.then(() => work(store));
    this.#writing = done.catch(() => undefined);
    return done;
  }
}

function write(store: CatalogStore, record: HostRecord): Promise<void> {
  return store.put([prefix, record.hostId], writeDocument('host', { ...record }));
}
