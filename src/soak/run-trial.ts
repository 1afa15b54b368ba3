/** Carries out one trial and judges what came of it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connectEngine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { startFaultProxy } from '../testing/index.ts';
import { differingContainers } from './attested.ts';
import { armFaults } from './faults/arm.ts';
import { heldNow } from './held.ts';
import { chainOf, type Entry } from './ledger.ts';
import { leftAfterSweep, leftBehind, stillHeld } from './leftovers.ts';
import { Moments } from './moments.ts';
import { callOnce } from './scenarios/calls.ts';
import { scenarios } from './scenarios/index.ts';
import { launchOf } from './scenarios/launches.ts';
import type { Place, Subject } from './subject.ts';
import type { Trial } from './trial.ts';
import { errorsThatAreWrong } from './verdict.ts';
import { trialFolder, World } from './world.ts';

/** How long everything that a trial has begun may take together. */
const settleMs = 90_000;

export interface TrialParts {
  readonly place: Place;
  readonly subject: Subject;
  readonly probe: World['probe'];
}

export interface TrialResult {
  readonly trial: Trial;
  readonly milliseconds: number;
  /** How many of its faults have happened: the moment of one may never come. */
  readonly happened: number;
  /** How many launches, calls and other pieces of work it has begun, and how many of them failed. */
  readonly work: number;
  readonly failures: number;
  /** The errors of what failed, with what was begun. */
  readonly errors: readonly string[];
  /** The piece of work that took the longest. */
  readonly slowest: string;
  /** What does not hold; empty when the trial passed. */
  readonly wrongs: readonly string[];
}

export async function runTrial(trial: Trial, { place, subject, probe }: TrialParts): Promise<TrialResult> {
  const begin = performance.now();
  const before = heldNow();
  const wrongs: string[] = [];
  let world: World | undefined;
  let happened: number;
  {
    await using parent = await trialFolder(place);
    await using directory = await trialFolder(place);
    await using engine = await connectEngine({ socketPath: place.socketPath });
    const moments = new Moments();
    await using proxy = await startFaultProxy({
      target: place.socketPath,
      fault: (request) => moments.request(request),
    });
    world = new World({
      trial,
      place,
      subject,
      probe,
      engine,
      proxy,
      moments,
      parent: parent.path,
      directory: directory.path,
    });
    using _counting = place.proxied === false ? countRequests(moments) : undefined;
    happened = await carryOut(world, wrongs);
  }
  wrongs.push(...(await stillHeld(before)).map((what) => `still held: ${what}`));
  const { entries, errors } = world.ledger;
  return {
    trial,
    milliseconds: Math.round(performance.now() - begin),
    happened,
    work: entries.length,
    failures: errors.length,
    errors: errors.map(({ what, error }) => `${what}: ${chainOf(error).join(' < ')}: ${wordsOf(error)}`),
    slowest: slowestOf(world.ledger.entries),
    wrongs,
  };
}

/** Counts the requests of this process where no proxy sees them. */
function countRequests(moments: Moments): Disposable {
  const listener = (message: unknown): void => {
    const { request } = message as { request: { method: string; path: string } };
    moments.request({ method: request.method, target: request.path });
  };
  subscribe('undici:request:create', listener);
  return {
    [Symbol.dispose]() {
      unsubscribe('undici:request:create', listener);
    },
  };
}

function slowestOf(entries: readonly Entry[]): string {
  const [slowest] = entries
    .map(({ what, outcome }) => ({ what, milliseconds: outcome?.milliseconds ?? Infinity }))
    .sort((one, other) => other.milliseconds - one.milliseconds);
  return slowest === undefined ? 'nothing' : `${slowest.what} ${Math.round(slowest.milliseconds)} ms`;
}

async function carryOut(world: World, wrongs: string[]): Promise<number> {
  const { ledger, moments, trial } = world;
  const happened = armFaults(world);
  moments.arm();
  const scenario = scenarios[trial.scenario](world);
  scenario.catch((error: unknown) => {
    ledger.wrong(`the scenario itself failed: ${String(error)}`);
  });
  const settled = await Promise.race([
    scenario.then(
      () => ledger.settled(settleMs),
      () => ledger.settled(settleMs),
    ),
    afterwards(settleMs),
  ]);
  const open = settled ? [] : ledger.open;
  const names = [...happened].map(({ name }) => name);
  if (settled) wrongs.push(...(await differingContainers(world)));
  moments.disarm();
  for (const lift of world.undo.splice(0)) await lift();
  wrongs.push(...open.map((what) => `not settled within ${settleMs} ms: ${what}`));
  if (!world.caller.signal.aborted) wrongs.push(...(await servesAgain(world)));
  const named = await closeHosts(world);
  const left = await leftBehind(world);
  if (left.length > 0) {
    // What an engine refused to remove may stay, if it is named; the next host has to remove it. A killed host names nothing.
    const mayStay = trial.scenario === 'killed-host' && happened.size > 0;
    if (!mayStay)
      wrongs.push(
        ...left.filter((what) => !isNamed(what, named)).map((what) => `left, and not named: ${what}`),
      );
    wrongs.push(...(await leftAfterSweep(world)).map((what) => `left, even after a sweep: ${what}`));
  }
  wrongs.push(...ledger.wrongs, ...errorsThatAreWrong(world, names));
  return happened.size;
}

async function afterwards(ms: number): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, ms + 1_000).unref());
  return false;
}

/** The host has to serve the next request once the faults are over, and its mounts theirs. */
async function servesAgain(world: World): Promise<string[]> {
  const host = world.hosts.findLast((each) => !world.closed.has(each));
  if (host === undefined) return [];
  const signal = AbortSignal.timeout(settleMs);
  const wrongs: string[] = [];
  try {
    const plugin = await host.start({ ...launchOf(world, world.subject), signal });
    await plugin.health({ signal });
    await plugin[Symbol.asyncDispose]();
  } catch (error) {
    wrongs.push(`does not serve the next launch: ${chainOf(error).join(' < ')}: ${String(error)}`);
  }
  const misbehaves = world.trial.faults.some(({ name }) => name === 'plugin-misbehaves');
  for (const mount of misbehaves ? [] : host.mounts()) {
    host.reset(mount.instance.id);
    if (!(await callOnce(world, mount, signal))) {
      const error = world.ledger.errors.at(-1)?.error;
      wrongs.push(`a mount does not serve the next call: ${chainOf(error).join(' < ')}: ${String(error)}`);
    }
  }
  return wrongs;
}

/** Closes every host. Returns the words of the errors that name what could not be removed. */
async function closeHosts(world: World): Promise<string[]> {
  const named = world.ledger.errors.map(({ error }) => wordsOf(error));
  for (const host of world.hosts) {
    try {
      await host.close();
    } catch (error) {
      const isTyped = error instanceof BulkheadError;
      named.push(wordsOf(error));
      if (!isTyped || error.code !== 'CLEANUP_FAILED') {
        world.ledger.wrong(`the closing of a host failed: ${chainOf(error).join(' < ')}: ${String(error)}`);
      }
    }
  }
  return named;
}

function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error && words.length < 8; at = at.cause) words.push(at.message);
  return words.join('\n');
}

function isNamed(left: string, named: readonly string[]): boolean {
  const name = left.split(' ').at(-1) ?? left;
  return named.some((words) => words.includes(name));
}
