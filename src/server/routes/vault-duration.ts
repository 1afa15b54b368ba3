/** Times as Vault's clients write them. */

const units: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** Longest time that is taken: a hundred years. */
const longestMs = 100 * 365 * 86_400_000;

/** @returns `undefined` for a text that is no time. A number without a unit is one of seconds. */
export function millisecondsOf(text: string): number | undefined {
  const written = text.trim();
  const isPlain = /^\d{1,12}(\.\d{1,6})?$/.test(written);
  if (!isPlain && !/^(\d{1,12}(\.\d{1,6})?(ms|[dhms]))+$/.test(written)) return undefined;
  const parts = isPlain ? [[written, written, 's']] : [...written.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  const sum = parts.reduce((all, [, count = '0', unit = 's']) => all + Number(count) * (units[unit] ?? 0), 0);
  return sum <= longestMs ? Math.round(sum) : undefined;
}
