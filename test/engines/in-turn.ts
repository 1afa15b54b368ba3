/**
 * Which engines a case is tried on. Every case on every engine would take hours and show little more, so that each case has
 * one of them in turn, and each engine its share of the cases. `BULKHEAD_EVERY_ENGINE=yes` is for a run of all of them.
 */
export function inTurn<Place>(places: readonly Place[], index: number): readonly Place[] {
  if (process.env['BULKHEAD_EVERY_ENGINE'] === 'yes') return places;
  return places.filter((_, place) => place === index % places.length);
}
