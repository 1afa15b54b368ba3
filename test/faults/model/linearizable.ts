/** Whether a history of operations at the same time can be put into an order that one of them after the other would have. */

export interface Operation {
  readonly begin: number;
  readonly end: number;
  /** What it makes of the value, and whether what it returned fits. `undefined`: it returned something else than it saw. */
  readonly apply: (value: string | undefined) => { readonly value: string | undefined } | undefined;
}

/** Tries the orders that agree with time: an operation that ended before another began comes before it. */
export function isLinearizable(operations: readonly Operation[], value?: string): boolean {
  if (operations.length === 0) return true;
  return operations.some((candidate, at) => {
    if (operations.some((other) => other.end < candidate.begin)) return false;
    const next = candidate.apply(value);
    return next !== undefined && isLinearizable(operations.toSpliced(at, 1), next.value);
  });
}
