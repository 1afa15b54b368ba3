/**
 * Remembers the facts of an engine as long as it is connected: gathering them takes longer than creating a container,
 * and they hardly ever change. They are kept for each folder for sockets. The programs of this machine are remembered
 * for the same reason. A launch that would be refused looks at everything again.
 */
import { orAborted } from '../abort.ts';
import { known, passingGid, type EngineFacts } from '../compatibility/index.ts';
import { engineFactsWith, gatherPrograms, type HostPrograms } from '../compatibility/internal.ts';
import type { Engine } from '../engine/index.ts';

type ByFolder = Map<string, Promise<EngineFacts>>;

const seen = new WeakMap<Engine, ByFolder>();
/** Engines that are being asked again. Concurrent callers share the answer. */
const asking = new WeakMap<Engine, ByFolder>();

/** Programs of this machine, by what decides where they are looked for and who could change them. */
const programs = new Map<string, Promise<HostPrograms>>();

/** @param options.fresh looks for them again, and remembers what is found */
export function rememberedPrograms({
  fresh = false,
}: { readonly fresh?: boolean } = {}): Promise<HostPrograms> {
  const key = `${process.geteuid?.() ?? ''} ${process.env['PATH'] ?? ''}`;
  const before = fresh ? undefined : programs.get(key);
  if (before !== undefined) return before;
  const found = gatherPrograms();
  programs.clear(); // an earlier PATH hardly ever comes back
  programs.set(key, found);
  found.catch(() => {
    if (programs.get(key) === found) programs.delete(key);
  });
  return found;
}

export function rememberedEngineFacts(
  engine: Engine,
  socketDirectory = '',
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<EngineFacts> {
  const facts = foldersOf(seen, engine).get(socketDirectory) ?? look(engine, socketDirectory, false);
  return orAborted(facts, signal);
}

/** Asks the engine about itself again, and remembers the answer. */
export function freshEngineFacts(
  engine: Engine,
  socketDirectory = '',
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<EngineFacts> {
  const underWay = foldersOf(asking, engine);
  let facts = underWay.get(socketDirectory);
  if (facts === undefined) {
    facts = look(engine, socketDirectory, true);
    underWay.set(socketDirectory, facts);
    const done = () => underWay.delete(socketDirectory);
    facts.then(done, done);
  }
  return orAborted(facts, signal);
}

function look(engine: Engine, folder: string, fresh: boolean): Promise<EngineFacts> {
  const folders = foldersOf(seen, engine);
  const socketDirectory = folder === '' ? undefined : folder;
  // Networks come and go: a launch that needs one asks for them.
  const facts = engineFactsWith(engine, { socketDirectory, fresh }, { networks: false });
  folders.set(folder, facts);
  facts.catch(() => {
    if (folders.get(folder) === facts) folders.delete(folder);
  });
  return facts;
}

function foldersOf(map: WeakMap<Engine, ByFolder>, engine: Engine): ByFolder {
  const folders = map.get(engine) ?? (new Map() as ByFolder);
  map.set(engine, folders);
  return folders;
}

/** The group that must be able to pass through the parent of this engine's socket directories; see `passingGid`. */
export async function passingGidOf(
  engine: Engine,
  socketDirectory: string | undefined,
): Promise<number | undefined> {
  // Only root can give a folder to a group that it is not in.
  if (process.geteuid?.() !== 0) return undefined;
  return passingGid({ uid: known(0, 'geteuid') }, await rememberedEngineFacts(engine, socketDirectory));
}
