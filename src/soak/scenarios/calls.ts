/** Calls of a mount, each with a word of its own that has to come back. */
import type { Mount } from '../../host/index.ts';
import type { World } from '../world.ts';

/** How long a call may take with all that it waits for. */
export const callMs = 20_000;

/** Sends calls from as many callers as the load says, one after the other each. */
export async function callMuch(world: World, mount: Mount, each: number): Promise<void> {
  await Promise.all(
    Array.from({ length: world.trial.load }, async () => {
      for (let call = 0; call < each; call += 1) await callOnce(world, mount);
    }),
  );
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
