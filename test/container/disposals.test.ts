/** Whoever owns the folder of plugins' folders can wait for disposals that nobody else waits for any more. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { disposalsEnded, lateDisposal, noteDisposal, onLateDisposal } from '../../src/container/disposals.ts';

it('waits for every disposal in a folder, those that fail and those that begin meanwhile, and for no other', async () => {
  const done: string[] = [];
  const ends: Record<string, () => void> = {};
  const begin = (parent: string, name: string, { fails = false } = {}): void => {
    const disposal = new Promise<void>((resolve, reject) => {
      ends[name] = () => {
        done.push(name);
        if (fails) reject(new Error(name));
        else resolve();
      };
    });
    noteDisposal(parent, disposal).catch(() => undefined);
  };
  begin('/a', 'first', { fails: true });
  begin('/a', 'second');
  begin('/b', 'elsewhere');
  const ended = disposalsEnded('/a').then(() => done.push('ended'));
  ends['first']?.();
  begin('/a', 'late');
  ends['second']?.();
  await new Promise(setImmediate);
  assert.deepEqual(done, ['first', 'second']);
  ends['late']?.();
  await ended;
  assert.deepEqual(done, ['first', 'second', 'late', 'ended']);
  await disposalsEnded('/nothing');
});

it('tells of everything that goes late, also while the listener still looks at what went before, until it is ended', async () => {
  let looks = 0;
  let go = (): void => undefined;
  const looked = new Promise<void>((resolve) => {
    go = resolve;
  });
  const stopListening = onLateDisposal('/late', () => {
    looks += 1;
    return looked;
  });
  const told = [lateDisposal('/late'), lateDisposal('/late'), lateDisposal('/other')];
  assert.equal(looks, 2);
  go();
  await Promise.all(told);
  stopListening();
  await lateDisposal('/late');
  assert.equal(looks, 2);
});
