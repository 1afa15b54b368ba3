import { withArguments } from './runtime-arguments.ts';

/**
 * A drop-in for the unit of a Podman before 5.7, which takes the flags of its runtime only from its command line.
 *
 * @param args those that its service is run with now
 */
export function podmanUnit(
  program: string,
  runtime: string,
  args: readonly string[],
  rules: readonly string[],
): string {
  const flags = withArguments(args, rules).map((flag) => `--runtime-flag=${flag.replace(/^--/, '')}`);
  return `[Service]\nExecStart=\nExecStart=${[program, '--runtime', runtime, ...flags, 'system', 'service'].join(' ')}\n`;
}

/** A drop-in for a unit whose containers may lock memory. */
export const memlockUnit = '[Service]\nLimitMEMLOCK=infinity\n';
