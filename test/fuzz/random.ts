export { Random } from '../../src/soak/random.ts';

/** The seed of one input: the same for the same run, target and number, whatever ran before it. */
export function inputSeed(seed: number, target: string, iteration: number): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (const character of `${target}/${iteration}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash;
}
