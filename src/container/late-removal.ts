/**
 * Removal of what an engine may still make after its client gave up: a create or a load whose answer was lost may take
 * effect minutes later. It goes on after the launch and its host have ended, for as long as this process lives, and
 * does not keep it alive. What a process leaves is found by the labels of the container.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectEngine, NotFoundError, type Engine } from '../engine/index.ts';
import { removeContainer } from './remove.ts';

/** Pauses between two looks at an engine: the first, and the longest. */
const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** After this long, an engine does not carry out a request any more. */
const longestMs = 60 * 60_000;
const limits = { connectMs: 5_000, headersMs: 15_000, bodyMs: 15_000 } as const;
/** How many removals are under way at one engine at the same time. */
const mostAtOnce = 8;

/** What may still be made, by its name. */
export interface LateThing {
  readonly kind: 'container' | 'image';
  readonly name: string;
  /** Whether it was there when its removal failed: where it is absent by now, it has gone. Default false. */
  readonly made?: boolean | undefined;
  /** Name of a container's runtime, which is killed where the engine waits for it in vain. */
  readonly runtime?: string | undefined;
  /**
   * Called when the engine has it no more, or not yet: a container that is made later is never started, and needs no folder.
   * Called again at the next look where this fails.
   */
  readonly removed?: (() => Promise<void>) | undefined;
}

interface Expected extends LateThing {
  readonly until: number;
  /** It was removed, and does not come any more. */
  isGone: boolean;
  /** What follows its removal has been done. */
  isFollowed: boolean;
}

/** What is expected at each engine, by the path of its socket. */
const expected = new Map<string, Set<Expected>>();

/** Removes the thing as soon as the engine has made it. */
export function removeWhenMade({ socketPath }: Pick<Engine, 'socketPath'>, thing: LateThing): void {
  const entry = { ...thing, until: performance.now() + longestMs, isGone: false, isFollowed: false };
  const known = expected.get(socketPath);
  if (known !== undefined) {
    const isKnown = [...known].some(({ kind, name }) => kind === thing.kind && name === thing.name);
    if (!isKnown) known.add(entry);
    return;
  }
  const things = new Set([entry]);
  expected.set(socketPath, things);
  void lookAgain(socketPath, things);
}

/** Whether the engine at this socket may still make something that has to be removed. */
export function expectsAt(socketPath: string): boolean {
  return expected.has(socketPath);
}

async function lookAgain(socketPath: string, things: Set<Expected>): Promise<void> {
  let engine: Engine | undefined;
  // A thing that comes later begins with short pauses again, because most answers are late by moments only.
  for (let pauseMs = firstPauseMs; things.size > 0; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const before = things.size;
    await delay(pauseMs, undefined, { ref: false });
    // An engine that is away or hangs is connected anew at the next look.
    engine ??= await connectEngine({ socketPath, limits }).catch(() => undefined);
    if (engine !== undefined && (await removeAll(engine, things)) > 0) {
      await engine.close();
      engine = undefined;
    }
    for (const thing of things) if (performance.now() > thing.until) things.delete(thing);
    if (things.size > before) pauseMs = firstPauseMs;
  }
  expected.delete(socketPath);
  await engine?.close();
}

/** Tries to remove each of them: one that the engine does not remove keeps no other waiting. @returns how many failed */
async function removeAll(engine: Engine, things: Set<Expected>): Promise<number> {
  const left = [...things];
  let failed = 0;
  const removeSome = async (): Promise<void> => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) {
      try {
        thing.isGone ||= await isRemoved(engine, thing);
        if (!thing.isFollowed) await thing.removed?.();
        thing.isFollowed = true;
        if (thing.isGone) things.delete(thing);
      } catch {
        failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, removeSome));
  return failed;
}

/** @throws the error of an engine that does not remove it */
async function isRemoved(engine: Engine, { kind, name, made = false, runtime }: LateThing): Promise<boolean> {
  if (kind === 'container')
    return (await removeContainer(engine, name, { runtime, mayBePaused: true })) === 'removed' || made;
  try {
    await engine.images.remove(name); // no container has it: a Podman before 5 can't force this safely
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return made;
    throw error;
  }
}
