/** In which order a file is made durable: a crash between any two steps leaves the old one or the new one. */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { it } from 'node:test';
import { deleteDurably, unfinishedPrefix, writeDurably } from '../../src/catalog/store/durable-write.ts';

/** Runs the work, and returns what it did to files in its order: the real functions run, and tell. */
async function stepsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { open, rename, rm } = fs;
  const steps: string[] = [];
  const shortName = (path: unknown): string => {
    const name = basename(String(path));
    return name.startsWith(unfinishedPrefix) ? 'unfinished' : name;
  };
  fs.open = async (path, ...rest) => {
    const file = await open(path, ...rest);
    const sync = file.sync.bind(file);
    const writeFile = file.writeFile.bind(file);
    file.sync = async () => {
      await sync();
      steps.push(`sync ${shortName(path)}`);
    };
    file.writeFile = async (...args) => {
      await writeFile(...args);
      steps.push(`write ${shortName(path)}`);
    };
    return file;
  };
  fs.rename = async (from, to) => {
    await rename(from, to);
    steps.push(`rename ${shortName(from)} to ${shortName(to)}`);
  };
  fs.rm = async (path, options) => {
    await rm(path, options);
    steps.push(`remove ${shortName(path)}`);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    Object.assign(fs, { open, rename, rm });
    syncBuiltinESMExports();
  }
  return steps;
}

it('syncs the file, puts it in place, and syncs the folders that it and they are in', async () => {
  const parent = await fs.mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    const file = join(parent, 'made', 'deeper', 'file.json');
    const put = ['write unfinished', 'sync unfinished', 'rename unfinished to file.json', 'sync deeper'];
    assert.deepEqual(await stepsOf(() => writeDurably(file, 'new')), [
      ...['sync made', `sync ${basename(parent)}`],
      ...put,
    ]);
    assert.deepEqual(await stepsOf(() => writeDurably(file, 'newer')), put);
    assert.equal(await fs.readFile(file, 'utf8'), 'newer');
    assert.deepEqual(await stepsOf(() => deleteDurably(file)), ['remove file.json', 'sync deeper']);
  } finally {
    await fs.rm(parent, { recursive: true });
  }
});
