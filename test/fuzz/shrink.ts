import type { GuardedWorker } from './guarded-worker.ts';
import type { Fault, FuzzTarget } from './target.ts';

/** Most tries; after a hang each takes as long as the limit. */
const mostTries = { error: 2000, memory: 12, hang: 12 } as const;

/** A smaller input with the same kind of fault: pieces are left out, then bytes made zero, as long as it stays one. */
export async function shrink(worker: GuardedWorker, target: FuzzTarget, fault: Fault): Promise<Fault> {
  let best = fault;
  let tries = 0;
  const attempt = async (input: Uint8Array): Promise<boolean> => {
    if (tries >= mostTries[fault.kind]) return false;
    tries += 1;
    const { fault: again } = await worker.run(target, { name: target.name, input });
    if (again?.kind !== fault.kind) return false;
    best = { ...best, input, what: again.what };
    return true;
  };
  for (let size = Math.ceil(fault.input.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.input.length && tries < mostTries[fault.kind];) {
      const without = Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + size)]);
      if (!(await attempt(without))) at += size;
    }
  }
  for (let at = 0; at < Math.min(best.input.length, 512) && tries < mostTries[fault.kind]; at += 1) {
    if (best.input[at] === 0x30) continue;
    const plain = Buffer.from(best.input);
    plain[at] = 0x30;
    await attempt(plain);
  }
  return best;
}
