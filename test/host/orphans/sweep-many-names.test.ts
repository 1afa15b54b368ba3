/** A sweep of a folder in which somebody has made a million names. The names are only told, and not made. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { sweepFolders } from '../../../src/host/orphans/sweep-folders.ts';
import { HeldFolder } from '../../../src/linux/held-folder.ts';
import { thisProcess } from '../../../src/linux/process-identity.ts';

type Entries = ReturnType<HeldFolder['allEntries']>;

const entry = (name: string, isFolder: boolean) =>
  Promise.resolve({ done: false, value: { name: Buffer.from(name), isFolder } });

/** Tells a million names less one, and then these. */
function manyEntries(last: readonly string[]): Entries {
  const other = entry('x', false);
  const end = Promise.resolve({ done: true, value: undefined });
  let told = 0;
  const next = () => {
    told += 1;
    if (told < 1_000_000) return other;
    const name = last[told - 1_000_000];
    return name === undefined ? end : entry(name, true);
  };
  return { [Symbol.asyncIterator]: () => ({ next }) } as unknown as Entries;
}

it('ends after a million names, and says that there are more', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    const names = ['bulkhead-h-aaaaaa', 'bulkhead-h-bbbbbb'];
    const owner = { hostId: 'a host', clusterId: 'cluster', process: { ...thisProcess(), pid: 2 ** 22 + 1 } };
    for (const name of names) {
      await mkdir(join(parent, name), { mode: 0o700 });
      await writeFile(join(parent, name, 'owner.json'), JSON.stringify(owner), { mode: 0o600 });
    }
    const real = Reflect.get(HeldFolder.prototype, 'allEntries') as () => Entries;
    t.mock.method(HeldFolder.prototype, 'allEntries', function (this: HeldFolder) {
      return this.path === parent ? manyEntries(names) : Reflect.apply(real, this, []);
    });
    const failures: string[] = [];
    const swept = await sweepFolders(parent, 'cluster', { failures });
    assert.deepEqual(swept, [join(parent, 'bulkhead-h-aaaaaa')]);
    assert.equal(failures.length, 1);
    assert.match(failures.join(), /more names than are looked at/);
  } finally {
    await rm(parent, { recursive: true });
  }
});
