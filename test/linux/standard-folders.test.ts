import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  folderVariable,
  homeFolder,
  runtimeFolder,
  temporaryFolder,
  variableOf,
} from '../../src/linux/standard-folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'standard-folders-'));
after(() => {
  rmSync(folder, { recursive: true });
});

describe('a variable', () => {
  it('that is empty is not set', () => {
    assert.equal(variableOf({ A: '' }, 'A'), undefined);
    assert.equal(variableOf({ A: 'x' }, 'A'), 'x');
  });

  it('that names a folder is not set where its path is relative', () => {
    for (const value of [undefined, '', '.', 'run', './run', '~', '~/run'])
      assert.equal(folderVariable({ A: value }, 'A'), undefined);
    assert.equal(folderVariable({ A: '/run' }, 'A'), '/run');
  });
});

it('the home is that of the account, where HOME is empty, relative or missing', () => {
  for (const environment of [{}, { HOME: '' }, { HOME: 'home' }])
    assert.equal(homeFolder(environment), homeFolder({}));
  assert.equal(homeFolder({ HOME: '/nonexistent' }), '/nonexistent');
});

it('the temporary folder is absolute', (t) => {
  const before = process.env['TMPDIR'];
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  process.env['TMPDIR'] = 'tmp';
  assert.equal(temporaryFolder(), join(process.cwd(), 'tmp'));
  process.env['TMPDIR'] = '';
  assert.ok(temporaryFolder().startsWith('/'));
});

describe('the folder for sockets of the user', () => {
  it('is used where it is there, and the user owns it', () => {
    assert.equal(runtimeFolder({ XDG_RUNTIME_DIR: folder }), folder);
    for (const value of ['', 'run', '/nonexistent', '/etc/passwd'])
      assert.equal(runtimeFolder({ XDG_RUNTIME_DIR: value }), undefined);
  });

  it(
    "is not another user's, as after su",
    { skip: process.geteuid?.() === 0 ? false : 'needs root' },
    (t) => {
      const other = mkdtempSync(join(tmpdir(), 'standard-folders-'));
      t.after(() => {
        rmSync(other, { recursive: true });
      });
      chownSync(other, 65534, 65534);
      assert.equal(runtimeFolder({ XDG_RUNTIME_DIR: other }), undefined);
    },
  );
});
