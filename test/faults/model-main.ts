/** `npm run model -- --steps N [--seed S]`: the simulated host follows the model for so many steps. */
import { parseArgs } from 'node:util';
import { follow } from './model/histories.ts';
import { SimulatedHost } from './model/simulated-host.ts';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const steps = Number(values.steps);
const first = Number(values.seed);
/** A history is short enough to be read when it fails. */
const each = 2_000;
const begin = performance.now();
let taken = 0;
for (let seed = first; taken < steps; seed += 1) {
  const host = new SimulatedHost(seed);
  const difference = await follow(host, seed, Math.min(each, steps - taken));
  await host[Symbol.asyncDispose]();
  taken += each;
  if (difference === undefined && host.running === 0 && host.carriedOutTwice === 0) continue;
  console.log(
    `seed ${seed}: ${JSON.stringify(difference ?? { left: host.running, twice: host.carriedOutTwice })}`,
  );
  process.exitCode = 1;
  break;
}
const seconds = Math.round((performance.now() - begin) / 1000);
console.log(
  `${Math.min(taken, steps)} steps in ${seconds} s, seeds from ${first}: ${process.exitCode === 1 ? 'a difference' : 'no difference'}`,
);
