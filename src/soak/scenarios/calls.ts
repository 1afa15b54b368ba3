/** Calls of a mount, each with a word of its own that has to come back. */
import type { Mount } from '../../host/index.ts';
import type { World } from '../world.ts';

/** How long a call may take with all that it waits for. */
export const callMs = 30_000;

/** Does the same from as many callers as the load says, so many times one after the other each. */
export async function repeatedly(world: World, each: number, once: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: world.trial.load }, async () => {
      for (let turn = 0; turn < each; turn += 1) await once();
    }),
  );
}

export function callMuch(world: World, mount: Mount, each: number): Promise<void> {
  return repeatedly(world, each, () => callOnce(world, mount));
}

export async function callOnce(
  world: World,
  mount: Mount,
  signal: AbortSignal = world.caller.signal,
): Promise<boolean> {
  const word = world.word();
  const answer = await world.ledger.track(
    `call ${word}`,
    world.subject.call(mount, word, { timeoutMs: callMs, signal }),
  );
  if (answer !== undefined && answer !== word) {
    world.ledger.wrong(`the call with the word ${word} was answered ${answer.slice(0, 100)}`);
  }
  world.moments.call();
  return answer !== undefined;
}
