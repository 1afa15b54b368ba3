/** Carries out trials and judges what came of them. */
import { BulkheadError } from '../errors.ts';
import { differingContainers } from './attested.ts';
import { evidenceOf } from './evidence.ts';
import { armFaults } from './faults/arm.ts';
import { heldNow } from './held.ts';
import { chainOf, type Entry } from './ledger.ts';
import {
  leftAfterSweep,
  leftBehind,
  leftNow,
  nobodysLeft,
  processesLeft,
  stillHeld,
  sweep,
} from './leftovers.ts';
import { Moments } from './moments.ts';
import { nobodys } from './nobodys.ts';
import { scenarios } from './scenarios/index.ts';
import { servesAgain } from './serves-again.ts';
import { Stage, type LivingKind, type StageParts } from './stage.ts';
import type { Trial } from './trial.ts';
import { errorsThatAreWrong } from './verdict.ts';
import { World } from './world.ts';

/** How long everything that a trial has begun may take together. */
const settleMs = 90_000;

export type TrialParts = StageParts;

export interface TrialResult {
  readonly trial: Trial;
  readonly milliseconds: number;
  /** How long this process has worked on it, by the clocks of its processors. */
  readonly cpuMilliseconds: number;
  /** The faults that have happened: the moment of one may never come. */
  readonly happened: readonly string[];
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

/** Carries out one trial on a stage of its own. */
export async function runTrial(trial: Trial, parts: TrialParts): Promise<TrialResult> {
  const { results, wrongs } = await runStretch([trial], parts);
  const [result] = results;
  if (result === undefined) throw new Error(`the trial ${trial.seed} was not made`);
  return { ...result, wrongs: [...result.wrongs, ...wrongs] };
}

export interface StretchResult {
  readonly results: readonly TrialResult[];
  /** What did not hold after the last trial: what is left, or still held. */
  readonly wrongs: readonly string[];
  /** Lines that help to find out why something does not hold. */
  readonly evidence: readonly string[];
}

/**
 * Carries out trials one after the other, with hosts that live on from one to the next. Ends after one that failed.
 *
 * @param noted called after each trial; false ends the stretch
 */
export async function runStretch(
  trials: readonly Trial[],
  parts: TrialParts,
  noted: (result: TrialResult) => boolean = () => true,
): Promise<StretchResult> {
  const results: TrialResult[] = [];
  const wrongs: string[] = [];
  const evidence: string[] = [];
  // Such a rejection ends the process of whoever uses a host.
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const before = heldNow();
  {
    await using stage = await Stage.open(parts);
    const nobodysBefore = await nobodys(stage.engine);
    for (const trial of trials) {
      const made = await runOn(stage, trial);
      const result = { ...made, wrongs: [...made.wrongs, ...unhandled.splice(0).map(unhandledWords)] };
      results.push(result);
      evidence.push(...(await evidenceOf(stage, result.wrongs)));
      if (!noted(result) || result.wrongs.length > 0) break;
    }
    wrongs.push(...(await endLiving(stage)));
    evidence.push(...(await evidenceOf(stage, wrongs)));
    wrongs.push(...(await stage.removeMade()));
    const running = await processesLeft(stage.started);
    wrongs.push(...running.map((what) => `left on the machine: ${what}`));
    const left = await nobodysLeft(stage.engine, nobodysBefore);
    wrongs.push(...left.map((what) => `left at the engine: ${what}`));
  }
  wrongs.push(...(await stillHeld(before)).map((what) => `still held: ${what}`));
  process.off('unhandledRejection', note);
  return { results, wrongs: [...wrongs, ...unhandled.map(unhandledWords)], evidence };
}

function unhandledWords(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return `a rejection that nobody handles: ${chainOf(error).join(' < ')}: ${stack ?? String(error)}`;
}

async function runOn(stage: Stage, trial: Trial): Promise<TrialResult> {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const moments = new Moments();
  stage.moments = moments;
  const world = new World(stage, trial, moments);
  const wrongs: string[] = [];
  const happened = await carryOut(world, wrongs);
  const { entries, errors } = world.ledger;
  const { user, system } = process.cpuUsage(cpu);
  return {
    trial,
    milliseconds: Math.round(performance.now() - begin),
    cpuMilliseconds: Math.round((user + system) / 1000),
    happened,
    work: entries.length,
    failures: errors.length,
    errors: errors.map(({ what, error }) => `${what}: ${chainOf(error).join(' < ')}: ${wordsOf(error)}`),
    slowest: slowestOf(world.ledger.entries),
    wrongs,
  };
}

function slowestOf(entries: readonly Entry[]): string {
  const [slowest] = entries
    .map(({ what, outcome }) => ({ what, milliseconds: outcome?.milliseconds ?? Infinity }))
    .sort((one, other) => other.milliseconds - one.milliseconds);
  return slowest === undefined ? 'nothing' : `${slowest.what} ${Math.round(slowest.milliseconds)} ms`;
}

async function carryOut(world: World, wrongs: string[]): Promise<string[]> {
  const { ledger, moments, stage, trial } = world;
  const happened = armFaults(world);
  moments.arm();
  const scenario = scenarios[trial.scenario](world);
  scenario.catch((error: unknown) => {
    ledger.wrong(`the scenario itself failed: ${String(error)}`);
  });
  const settled = await withinLimit(
    scenario.then(
      () => ledger.settled(settleMs),
      () => ledger.settled(settleMs),
    ),
  );
  const open = settled ? [] : ledger.open;
  moments.disarm();
  await world.calm();
  const names = [...happened].map(({ name }) => name);
  if (settled) wrongs.push(...(await differingContainers(world)));
  await world.lift();
  wrongs.push(...open.map((what) => `not settled within ${settleMs} ms: ${what}`));
  if (!world.caller.signal.aborted || stage.living.size > 0)
    wrongs.push(...(await servesAgain(world, settleMs)));
  const named = await closeHosts(world);
  // What was registered while it misbehaved does so until the host ends; the other scenarios take theirs back.
  if (trial.scenario === 'reload' && names.includes('plugin-misbehaves'))
    wrongs.push(...(await endLiving(stage, ['plain'])));
  // What an engine refused to remove may stay, if it is named. A killed host names nothing.
  let isAnyExcused = false;
  const mayStay = (what: string): boolean => {
    const isOfKilled = trial.scenario === 'killed-host' && happened.size > 0;
    stage.isSweepDue ||= isOfKilled;
    const may = isOfKilled || isNamed(what, named);
    isAnyExcused ||= may;
    return may;
  };
  const left = await leftBehind(world, mayStay);
  wrongs.push(...left.map((what) => `left, and not named: ${what}`));
  // The next host has to remove it, unless one that lives on still waits for what its engine may make.
  const waits = (what: string): boolean => stage.living.size > 0 && isNamed(what, named);
  // Where nothing was excused, nothing is there, and a second look would cost another list of the containers.
  const mayBeThere = left.length > 0 || isAnyExcused;
  if (mayBeThere)
    wrongs.push(...(await remaining(world, waits)).map((what) => `left, even after a sweep: ${what}`));
  wrongs.push(...ledger.wrongs, ...errorsThatAreWrong(world, names));
  return names;
}

/** Resolves to false when the work takes longer than the limit and a moment. */
async function withinLimit(work: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, settleMs + 1_000);
  });
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** Closes every host of the trial's own. Returns the words of the errors that name what could not be removed. */
async function closeHosts(world: World): Promise<string[]> {
  const told = [...world.ledger.errors.map(({ error }) => error), ...world.stage.warnings];
  const named = told.map(wordsOf);
  for (const host of world.hosts) {
    world.closed.add(host);
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

/** Ends hosts that live on: all of them, or those of these kinds. Returns what is left of them. */
async function endLiving(stage: Stage, kinds?: readonly LivingKind[]): Promise<string[]> {
  const ids = [...stage.living.values()].map(({ id }) => id);
  const last: Trial = { seed: 0, place: 0, scenario: 'launch', load: 1, faults: [] };
  const world = new World(stage, last, stage.moments);
  world.otherHosts.push(...ids);
  const wrongs: string[] = [];
  // While the hosts live, a sweep hides nothing that they leave.
  if (stage.isSweepDue) await sweep(world);
  stage.isSweepDue = false;
  try {
    await stage.endLiving(kinds);
  } catch (error) {
    stage.warnings.push(error);
    // It names what it left.
    const isTyped = error instanceof BulkheadError && error.code === 'CLEANUP_FAILED';
    if (!isTyped)
      wrongs.push(`a host that lived on did not end: ${chainOf(error).join(' < ')}: ${String(error)}`);
  }
  const named = stage.warnings.map(wordsOf);
  const mayStay = (what: string): boolean => isNamed(what, named);
  const left = await leftBehind(world, mayStay);
  return [...wrongs, ...left.map((what) => `left of the hosts that lived on: ${what}`)];
}

/** What a sweep does not remove either, where anything is left. */
async function remaining(world: World, waits: (what: string) => boolean): Promise<string[]> {
  return (await leftNow(world, waits)).length === 0 ? [] : leftAfterSweep(world, waits);
}

function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error && words.length < 8; at = at.cause) words.push(at.message);
  return words.join('\n');
}

function isNamed(name: string, named: readonly string[]): boolean {
  return named.some((words) => words.includes(name));
}
