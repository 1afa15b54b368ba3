/** Which arguments a runtime is to be given, so that rules that are not met become met. */

/** The rules that an argument of runsc meets, and that argument. */
const wanted: Readonly<Record<string, string>> = {
  'runsc-host-uds': '--host-uds=all',
  'runsc-network': '--network=none',
  'runsc-ignore-cgroups': '--ignore-cgroups',
};

/** Rules that a change of the runtime's arguments can meet. */
export const rulesOfArguments = [...Object.keys(wanted), 'runsc-overlay'];

/** Returns the arguments with what the rules ask for, in place of what says otherwise. The order of the others stays. */
export function withArguments(args: readonly string[], rules: readonly string[]): string[] {
  const added = rules.flatMap((rule) => wanted[rule] ?? []);
  const replaced = new Set([
    ...added.map(nameOf),
    ...(rules.includes('runsc-overlay') ? ['overlay', 'overlay2'] : []),
    ...(rules.includes('runsc-host-uds') ? ['fsgofer-host-uds'] : []),
  ]);
  const kept = args.filter((argument) => !replaced.has(nameOf(argument)));
  return [...kept, ...added];
}

/** Whether every argument is one word, `--name` or `--name=value`: only then is it known which belongs to which. */
export function areSingleWords(args: readonly string[]): boolean {
  return args.every((argument) => /^--?[a-zA-Z]/.test(argument));
}

function nameOf(argument: string): string {
  return argument.replace(/^--?/, '').replace(/=.*$/s, '');
}
