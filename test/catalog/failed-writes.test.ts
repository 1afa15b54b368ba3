/** Writes and deletions that fail halfway: what was there stays, and nothing else is left. */
import assert from 'node:assert/strict';
import fs, { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  deleteDurably,
  makeDurably,
  makeFolder,
  unfinishedPrefix,
  writeDurably,
} from '../../src/catalog/store/durable-write.ts';
import { systemError, withReplaced } from './replaced-calls.ts';

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Handle = Awaited<ReturnType<typeof fs.open>>;

/** Opens files as usual, and has a step fail of those whose path the pattern matches. */
function openWith(pattern: RegExp, step: 'writeFile' | 'sync', closed: string[]): typeof fs.open {
  const { open } = fs;
  return async (path, ...rest) => {
    const file: Handle = await open(path, ...rest);
    const close = file.close.bind(file);
    file.close = () => {
      closed.push(String(path));
      return close();
    };
    if (pattern.test(String(path))) file[step] = () => Promise.reject(systemError('ENOSPC'));
    return file;
  };
}

describe('a write that fails', () => {
  for (const step of ['writeFile', 'sync'] as const)
    it(`at ${step} leaves the old file, and closes and removes the new one`, () =>
      withFolder(async (folder) => {
        const path = join(folder, 'a.json');
        await writeFile(path, 'old');
        const closed: string[] = [];
        const open = openWith(/unfinished/, step, closed);
        await assert.rejects(
          withReplaced({ open }, () => writeDurably(path, 'new')),
          { code: 'ENOSPC' },
        );
        assert.equal(await readFile(path, 'utf8'), 'old');
        assert.deepEqual(await readdir(folder), ['a.json']);
        assert.equal(closed.length, 1);
      }));

  it('before there is a new file tells the cause, and not that there is none to remove', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'a.json');
      await writeFile(path, 'old');
      const { open } = fs;
      const failing: typeof fs.open = (at, ...rest) =>
        String(at).includes(unfinishedPrefix) ? Promise.reject(systemError('ENOSPC')) : open(at, ...rest);
      await assert.rejects(
        withReplaced({ open: failing }, () => writeDurably(path, 'new')),
        { code: 'ENOSPC' },
      );
      assert.equal(await readFile(path, 'utf8'), 'old');
    }));

  it('at the folder is told, and the folder is closed', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'a.json');
      const closed: string[] = [];
      const open = openWith(/[^/]*-test-[^/]*$/, 'sync', closed);
      await assert.rejects(
        withReplaced({ open }, () => writeDurably(path, 'new')),
        { code: 'ENOSPC' },
      );
      assert.ok(closed.includes(folder));
    }));

  it('at the last step leaves nothing of the new file', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'a.json');
      await mkdir(path);
      await assert.rejects(writeDurably(path, 'new'), { code: 'EISDIR' });
      assert.deepEqual(await readdir(folder), ['a.json']);
    }));
});

describe('a write', () => {
  it('is for its owner only, and begins in the folder that was named', () =>
    withFolder(async (folder) => {
      const [path, elsewhere] = [join(folder, 'deep', 'a.json'), join(folder, 'elsewhere')];
      await mkdir(elsewhere);
      const begun: string[] = [];
      const { open } = fs;
      const watched: typeof fs.open = (at, ...rest) => {
        if (String(at).includes(unfinishedPrefix)) begun.push(String(at));
        return open(at, ...rest);
      };
      await withReplaced({ open: watched }, async () => {
        await writeDurably(path, 'one', { unfinishedIn: elsewhere });
        await writeDurably(path, Buffer.from('two'));
      });
      assert.ok(begun[0]?.startsWith(join(elsewhere, unfinishedPrefix)));
      assert.ok(begun[1]?.startsWith(join(folder, 'deep', unfinishedPrefix)));
      assert.equal(await readFile(path, 'utf8'), 'two');
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.equal((await stat(join(folder, 'deep'))).mode & 0o777, 0o700);
      assert.deepEqual(await readdir(elsewhere), []);
    }));
});

describe('a deletion', () => {
  it('tells whether there was a file, and whatever else the system says', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'a.json');
      assert.equal(await deleteDurably(path), false);
      await writeFile(path, '');
      assert.equal(await deleteDurably(path), true);
      assert.deepEqual(await readdir(folder), []);
      await mkdir(path);
      await assert.rejects(deleteDurably(path), /is a directory/i);
    }));
});

describe('folders that are made', () => {
  it('tell the first that was missing, and the true cause where none can be made', () =>
    withFolder(async (folder) => {
      assert.equal(await makeFolder(join(folder, 'a', 'b')), join(folder, 'a'));
      assert.equal(await makeFolder(join(folder, 'a', 'b')), undefined);
      for (const [told, cause] of [
        ['ENOENT', 'EROFS'],
        ['EACCES', 'EACCES'],
      ] as const) {
        const mkdir = (_: unknown, options: { recursive?: boolean; mode?: number }) => {
          assert.equal(options.mode, 0o700);
          return Promise.reject(systemError(options.recursive === true ? told : 'EROFS'));
        };
        await assert.rejects(
          withReplaced({ mkdir: mkdir as never }, () => makeFolder(join(folder, 'c'))),
          { code: cause },
        );
      }
    }));

  it('are synced up to the parent of the first, and not when all were there', () =>
    withFolder(async (folder) => {
      const opened: string[] = [];
      const { open } = fs;
      const watched: typeof fs.open = (at, ...rest) => {
        opened.push(String(at));
        return open(at, ...rest);
      };
      await withReplaced({ open: watched }, async () => {
        await makeDurably(join(folder, 'a', 'b', 'c'));
        await makeDurably(join(folder, 'a', 'b', 'c'));
      });
      assert.deepEqual(opened, [join(folder, 'a', 'b'), join(folder, 'a'), folder]);
    }));
});
