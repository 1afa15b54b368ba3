/** What one trial does, drawn from its seed: a scenario, a load, and one fault or two, each with its moment. */
import { Random } from './random.ts';

export const scenarioNames = [
  'launch',
  'calls',
  'reload',
  'spare',
  'broker',
  'two-hosts',
  'registration',
  'killed-host',
  'live-matrix',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export const faultNames = [
  'none',
  'engine-late',
  'engine-silent',
  'engine-cut',
  'engine-torn',
  'engine-error',
  'engine-malformed',
  'engine-wrong-id',
  'engine-altered',
  'engine-away',
  'plugin-killed',
  'plugin-stopped',
  'plugin-paused',
  'plugin-removed',
  'plugin-misbehaves',
  'abort',
  'catalog-altered',
  'catalog-read-only',
  'folder-removed',
  'clock-forward',
  'clock-back',
  'descriptors',
] as const;
export type FaultName = (typeof faultNames)[number];

/** What is counted until the moment of a fault: requests to the engine of one kind, or calls that were answered. */
export type Counted = (typeof counted)[number];
export const counted = [
  'request',
  'create',
  'start',
  'inspect',
  'wait',
  'attach',
  'remove',
  'list',
  'call',
] as const;

export interface Moment {
  readonly counted: Counted;
  readonly number: number;
}

export interface DrawnFault {
  readonly name: FaultName;
  readonly moment: Moment;
  /** A number whose meaning is the fault's own: bytes, a way to misbehave, a part of a folder. */
  readonly detail: number;
}

export interface Trial {
  readonly seed: number;
  /** Number of the place among those that are given. */
  readonly place: number;
  readonly scenario: ScenarioName;
  /** How many callers, or launches, at the same time. */
  readonly load: number;
  readonly faults: readonly DrawnFault[];
}

export interface Choice {
  readonly places: readonly { readonly proxied?: boolean | undefined }[];
  readonly scenarios: readonly ScenarioName[];
  readonly faults: readonly FaultName[];
}

const loads = [1, 1, 2, 3, 5, 8];

/** The seed of a trial within a run: the first one is the run's own, so that a trial can be repeated as a run of one. */
export function seedOf(run: number, index: number): number {
  return (run + index) >>> 0;
}

/** Places and scenarios take turns, so that each has its fair share; the rest is drawn. */
export function drawTrial(seed: number, { places, scenarios, faults }: Choice): Trial {
  const random = new Random(seed);
  const place = seed % places.length;
  const scenario = scenarios[Math.floor(seed / places.length) % scenarios.length] ?? 'launch';
  const proxied = places[place]?.proxied !== false;
  const fitting = faults.filter((name) => fits(name, scenario) && (proxied || !name.startsWith('engine-')));
  const many = random.below(4) === 0 ? 2 : 1;
  return {
    seed,
    place,
    scenario,
    load: random.pick(loads) ?? 1,
    faults: Array.from({ length: many }, () => drawFault(random, fitting)),
  };
}

/** How many may come before the moment: most requests come once for each launch, all of them together some tens of times. */
const mostBefore: Readonly<Partial<Record<Counted, number>>> = { request: 25, call: 6, list: 1 };

function drawFault(random: Random, fitting: readonly FaultName[]): DrawnFault {
  const name = random.pick(fitting) ?? 'none';
  const isOfPlugin = name.startsWith('plugin-') && name !== 'plugin-misbehaves';
  const what = isOfPlugin && random.below(2) === 0 ? 'call' : (random.pick(counted) ?? 'request');
  return {
    name,
    moment: { counted: what, number: random.below(mostBefore[what] ?? 2) },
    detail: random.below(1000),
  };
}

/** Whether a fault can show anything in a scenario. */
function fits(name: FaultName, scenario: ScenarioName): boolean {
  if (scenario === 'registration' && name.startsWith('plugin-')) return false;
  if (name.startsWith('catalog-')) return ['registration', 'two-hosts', 'reload'].includes(scenario);
  if (name === 'plugin-misbehaves') return ['launch', 'calls', 'reload', 'spare'].includes(scenario);
  if (name === 'folder-removed')
    return ['launch', 'calls', 'reload', 'spare', 'two-hosts'].includes(scenario);
  return true;
}

/** A trial in one line. */
export function trialWords({ scenario, load, faults }: Trial, place: string): string {
  const each = faults.map(
    ({ name, moment, detail }) => `${name} (${detail}) at ${moment.counted} ${moment.number}`,
  );
  return `${scenario} with ${load} at ${place}: ${each.join(' and ') || 'no fault'}`;
}
