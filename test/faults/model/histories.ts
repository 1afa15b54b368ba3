/** Histories of steps, drawn from a seed, and their comparison with the model. */
import { Random } from '../../../src/soak/random.ts';
import { Model, type Driver, type Outcome, type Step } from './model.ts';

const names = ['a', 'b'];
const mounts = ['m1', 'm2', 'm3'];
const keys = ['k', 'l'];
/** How often each step is drawn among others. */
const weights: readonly (readonly [Step['do'], number])[] = [
  ['register', 3],
  ['deregister', 1],
  ['mount', 4],
  ['unmount', 1],
  ['put', 6],
  ['get', 6],
  ['kill', 2],
  ['crash', 1],
  ['reload', 2],
];
const kinds = weights.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));

export function drawStep(random: Random, number: number): Step {
  const name = random.pick(names) ?? '';
  const mount = random.pick(mounts) ?? '';
  const key = random.pick(keys) ?? '';
  const kind = random.pick(kinds) ?? 'get';
  switch (kind) {
    case 'register':
      return { do: kind, name, edition: `e${number}` };
    case 'deregister':
    case 'reload':
      return { do: kind, name };
    case 'mount':
      return { do: kind, mount, name };
    case 'put':
      return { do: kind, mount, key, value: `v${number}` };
    case 'get':
      return { do: kind, mount, key };
    case 'unmount':
    case 'kill':
    case 'crash':
      return { do: kind, mount };
  }
}

export interface Difference {
  readonly history: readonly Step[];
  readonly expected: Outcome;
  readonly found: Outcome;
}

/** Lets the driver take so many steps of a seed. Returns the first outcome that is not the model's. */
export async function follow(driver: Driver, seed: number, steps: number): Promise<Difference | undefined> {
  const random = new Random(seed);
  const model = new Model();
  const history: Step[] = [];
  for (let number = 0; number < steps; number += 1) {
    const step = drawStep(random, number);
    history.push(step);
    if (history.length > 200) history.shift();
    const expected = model.take(step);
    const found = await driver.take(step);
    if (!isSame(expected, found)) return { history, expected, found };
  }
  return undefined;
}

function isSame(one: Outcome, other: Outcome): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
