/**
 * Ends one thing after the other, in this order, whatever one of them throws.
 *
 * @throws the first failure, when everything was ended
 */
export async function endAll(ends: Iterable<() => unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
