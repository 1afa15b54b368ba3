/**
 * Makes the time limits of tests ten times as long, for a machine in software emulation, in which everything takes about that
 * much longer. Loaded before a test file, with `--import`.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const runner = createRequire(import.meta.url)('node:test');
for (const name of ['test', 'it', 'describe', 'suite']) {
  const define = runner[name];
  const longer = (...args) => define(...args.map(withLongerLimit));
  runner[name] = Object.assign(longer, define);
}
syncBuiltinESMExports();

function withLongerLimit(argument) {
  return typeof argument?.timeout === 'number' ? { ...argument, timeout: argument.timeout * 10 } : argument;
}
