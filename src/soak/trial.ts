/** What one trial does, drawn from its seed: a scenario, a load, and one fault or two, each with its moment. */
import { Random } from './random.ts';
import { disturbances, type Disturbance, type Place } from './subject.ts';

export const scenarioNames = [
  'launch',
  'mount',
  'calls',
  'streams',
  'broker',
  'reload',
  'spare',
  'two-hosts',
  'registration',
  'engine',
  'server',
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
  'engine-doubled',
  'engine-wrong-id',
  'engine-altered',
  'engine-away',
  'engine-stopped',
  'engine-killed',
  'engine-upgraded',
  'plugin-killed',
  'plugin-stopped',
  'plugin-paused',
  'plugin-removed',
  'plugin-misbehaves',
  'plugin-out-of-memory',
  'abort',
  'catalog-altered',
  'disk-full',
  'disk-read-only',
  'disk-slow',
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
  readonly places: readonly Pick<Place, 'proxied' | 'disturb' | 'limitsMemory'>[];
  readonly scenarios: readonly ScenarioName[];
  readonly faults: readonly FaultName[];
}

/** How often each scenario comes. Those that start no plugin of their own take milliseconds, and come more often. */
const shares: Readonly<Record<ScenarioName, number>> = {
  launch: 2,
  mount: 2,
  calls: 8,
  streams: 6,
  broker: 6,
  reload: 2,
  spare: 3,
  'two-hosts': 2,
  registration: 5,
  engine: 8,
  server: 5,
  'killed-host': 1,
  'live-matrix': 1,
};

/** How many callers or launches there are at the same time. */
const loads: Readonly<Partial<Record<ScenarioName, readonly number[]>>> = {
  launch: [1, 1, 1, 2, 4],
  mount: [1, 1, 2],
};
const usualLoads = [1, 1, 2, 3, 5, 8];

/** The seed of a trial within a run: the first one is the run's own, so that a trial can be repeated as a run of one. */
export function seedOf(run: number, index: number): number {
  return (run + index) >>> 0;
}

/** Places and scenarios take turns, so that each has its fair share; the rest is drawn. */
export function drawTrial(seed: number, { places, scenarios, faults }: Choice): Trial {
  const random = new Random(seed);
  const number = seed % places.length;
  const turns = inTurns(scenarios);
  const scenario = turns[Math.floor(seed / places.length) % turns.length] ?? 'launch';
  const place = places[number] ?? {};
  const fitting = faults.filter((name) => isPossible(name, place) && fits(name, scenario));
  const many = random.below(4) === 0 ? 2 : 1;
  const load = random.pick(loads[scenario] ?? usualLoads) ?? 1;
  const drawn = Array.from({ length: many }, () => drawFault(random, fitting, scenario));
  return {
    seed,
    place: number,
    scenario,
    load,
    faults: drawn.flatMap((fault) => withCause(fault, scenario)),
  };
}

/** Each scenario as often as its share says, and those of one kind not one after the other. */
function inTurns(scenarios: readonly ScenarioName[]): ScenarioName[] {
  const placed = scenarios.flatMap((name) =>
    Array.from({ length: shares[name] }, (_, turn) => ({ name, at: (turn + 0.5) / shares[name] })),
  );
  return placed.sort((one, other) => one.at - other.at).map(({ name }) => name);
}

/** Scenarios whose calls ask the engine for nothing, until the plugin is lost. */
const withoutRequests: readonly ScenarioName[] = ['calls', 'streams', 'broker', 'spare', 'server'];

/** What the engine does wrong shows in calls only when another plugin has to be started: this one is lost before. */
function withCause(fault: DrawnFault, scenario: ScenarioName): DrawnFault[] {
  if (!fault.name.startsWith('engine-') || !withoutRequests.includes(scenario)) return [fault];
  const killed = { name: 'plugin-killed', moment: { counted: 'call', number: 0 }, detail: 0 } as const;
  return [killed, fault];
}

/** How many of a kind may come before the moment, where one plugin is started. */
const mostBefore: Readonly<Record<Counted, number>> = {
  request: 16,
  create: 1,
  start: 1,
  inspect: 3,
  wait: 1,
  attach: 1,
  remove: 1,
  list: 1,
  call: 5,
};

/** What comes in a scenario, so that most moments come too. */
function countedIn(scenario: ScenarioName, isOfEngine: boolean): readonly Counted[] {
  if (withoutRequests.includes(scenario))
    return isOfEngine ? ['request', 'create', 'start', 'inspect', 'wait', 'attach', 'remove'] : ['call'];
  if (scenario === 'registration') return ['request', 'call', 'call'];
  if (scenario === 'engine') return ['request', 'create', 'inspect', 'remove', 'list'];
  if (scenario === 'launch' || scenario === 'live-matrix') return counted.filter((what) => what !== 'list');
  return counted;
}

/** Scenarios that make fewer requests or calls than the others. */
const fewest: Readonly<Partial<Record<ScenarioName, Partial<Record<Counted, number>>>>> = {
  broker: { call: 2 },
  launch: { call: 1 },
  mount: { call: 3 },
  registration: { request: 4 },
  engine: { request: 7, inspect: 2 },
};

function drawFault(random: Random, fitting: readonly FaultName[], scenario: ScenarioName): DrawnFault {
  const name = random.pick(ofOneGroup(random, fitting, scenario)) ?? 'none';
  const what = random.pick(countedIn(scenario, name.startsWith('engine-'))) ?? 'request';
  const most = fewest[scenario]?.[what] ?? mostBefore[what];
  return { name, moment: { counted: what, number: random.below(most) }, detail: random.below(1000) };
}

/** Calls without a start in them are cheap: only some of them lose their plugin, which starts another. */
function ofOneGroup(
  random: Random,
  fitting: readonly FaultName[],
  scenario: ScenarioName,
): readonly FaultName[] {
  if (!withoutRequests.includes(scenario)) return fitting;
  const group = random.pick(['engine-', 'plugin-', 'plugin-', '', '', '']) ?? '';
  const own = fitting.filter((name) =>
    group === '' ? !/^(?:engine|plugin)-/.test(name) : name.startsWith(group),
  );
  return own.length > 0 ? own : fitting;
}

/** Whether a place allows for a fault. */
function isPossible(name: FaultName, { proxied, disturb, limitsMemory }: Choice['places'][number]): boolean {
  if (disturbances.includes(name)) return disturb?.[name as Disturbance] !== undefined;
  if (name === 'plugin-out-of-memory') return limitsMemory === true;
  return proxied !== false || !name.startsWith('engine-');
}

/** Scenarios that write into the folder of the catalogs. */
const writing: readonly ScenarioName[] = ['registration', 'two-hosts', 'reload', 'mount', 'server'];

/** Whether a fault can show anything in a scenario. */
function fits(name: FaultName, scenario: ScenarioName): boolean {
  if (['registration', 'engine'].includes(scenario) && name.startsWith('plugin-')) return false;
  if (name === 'catalog-altered') return ['registration', 'two-hosts', 'reload'].includes(scenario);
  if (name.startsWith('disk-')) return writing.includes(scenario);
  if (name === 'plugin-misbehaves') return ['launch', 'mount', 'reload'].includes(scenario);
  if (name === 'plugin-out-of-memory') return ['calls', 'reload', 'spare'].includes(scenario);
  if (name === 'folder-removed') return ['launch', 'mount', 'reload', 'two-hosts'].includes(scenario);
  return true;
}

/** A trial in one line. */
export function trialWords({ scenario, load, faults }: Trial, place: string): string {
  const each = faults.map(
    ({ name, moment, detail }) => `${name} (${detail}) at ${moment.counted} ${moment.number}`,
  );
  return `${scenario} with ${load} at ${place}: ${each.join(' and ') || 'no fault'}`;
}
