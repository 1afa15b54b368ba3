/** Files that are named on the command line, and a Node.js that is too old. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { commandTable, summary } from '../../src/cli/command-table.ts';
import { packageVersion } from '../../src/cli/package-version.ts';
import { overview } from '../../src/cli/help.ts';
import { overviewText } from '../../src/cli/overview-text.ts';
import { manPage } from '../../src/cli/man-page.ts';
import { tableLines } from '../../src/cli/output/table.ts';
import { terminalOn } from '../../src/cli/output/terminal.ts';
import { bulkhead } from './bulkhead.ts';
import { runInProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-files-'));
after(() => {
  rmSync(folder, { recursive: true });
});
const facts = 'test/compatibility/facts/docker-29-rootful.json';

describe('a file that is named on the command line', () => {
  mkdirSync(join(folder, 'folder.html'));
  for (const [what, words, reason] of [
    [
      'to be written, and is a folder',
      [`-output=${folder}/folder.html`],
      /folder\.html can't be written: .*\(EISDIR\)/,
    ],
    [
      'to be written in no folder',
      [`-output=${folder}/none/a.html`],
      /none\/a\.html can't be written: .*\(ENOENT\)/,
    ],
    ['to be read, and is not there', [`-require=${folder}/cells`], /cells can't be read: .*\(ENOENT\)/],
    ['to be read, and is a folder', [`-require=${folder}`], /can't be read: .*\(EISDIR\)/],
  ] as const) {
    it(`is told with what to do: ${what}`, async () => {
      const { status, stderr } = await runInProcess(['matrix', `-facts=${facts}`, ...words]);
      assert.equal(status, 3, stderr);
      assert.match(stderr, /^Error: FILE_UNUSABLE: /);
      assert.match(stderr, reason);
      assert.match(stderr, /^Hint: ./m);
    });
  }

  it('that a full disk cuts off is told', async (t) => {
    if (!existsSync('/dev/full')) {
      t.skip('this system has no /dev/full');
      return;
    }
    const { status, stderr } = await runInProcess([
      'matrix',
      `-facts=${facts}`,
      '-format=json',
      '-output=/dev/full',
    ]);
    assert.equal(status, 3);
    assert.match(stderr, /\/dev\/full can't be written: no space left on device \(ENOSPC\)\nHint: Make room/);
  });

  it('is not left empty where the matrix came to nothing, and not taken away where it was there', async () => {
    const made = join(folder, 'made.html');
    const own = join(folder, 'own.html');
    writeFileSync(own, 'of yesterday');
    for (const file of [made, own]) {
      const words = ['matrix', `-facts=${folder}/nothing.json`, `-output=${file}`];
      const { status, stderr } = await runInProcess(words);
      assert.equal(status, 3, stderr);
    }
    assert.ok(!existsSync(made));
    assert.equal(readFileSync(own, 'utf8'), 'of yesterday');
  });
});

it('a filter for a runtime that no engine has is a slip of the pen, and no row', async () => {
  const words = ['matrix', `-facts=${facts}`, '-filter=runtime=runcs'];
  const { status, stdout, stderr } = await runInProcess(words);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /no engine has a runtime runcs \(the engine has no runtime runcs; it has /);
});

it('a terminal that says it has no columns shows progress all the same', () => {
  let written = '';
  const stream = { isTTY: true, columns: 0, write: (text: string) => (written += text) };
  terminalOn(stream, stream, {}).progress('launching');
  assert.equal(written, 'launching');
});

it('an older Node.js is told which one it has to be, and nothing else happens', () => {
  for (const version of ['18.20.8', '20.18.3', '16.0.0']) {
    const preload = join(folder, 'older.cjs');
    writeFileSync(
      preload,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    );
    const { status, stdout, stderr } = bulkhead(['doctor'], { NODE_OPTIONS: `--require=${preload}` });
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(
      stderr,
      new RegExp(`^Error: bulkhead needs Node.js 20.19 or later, and this is ${version} \\(.*\\)\\.\\n$`),
    );
  }
});

describe('a small terminal', () => {
  const shownAt = (columns: number | undefined, line: string, environment: Record<string, string> = {}) => {
    let written = '';
    const stream = {
      isTTY: true,
      ...(columns !== undefined && { columns }),
      write: (text: string) => (written += text),
    };
    terminalOn(stream, stream, environment).progress(line);
    return written;
  };

  it('takes its width from COLUMNS where it does not know it, unless that is no number', () => {
    assert.equal(shownAt(0, 'launching', { COLUMNS: '5' }), 'laun');
    for (const garbage of ['0', '-3', 'wide', '', '1e3', '99999999999'])
      assert.equal(shownAt(0, 'launching', { COLUMNS: garbage }), 'launching', garbage);
    assert.equal(shownAt(undefined, 'launching'), 'launching');
    assert.equal(shownAt(6, 'launching', { COLUMNS: '200' }), 'launc');
  });

  it('of one column shows no progress, because any would wrap', () => {
    assert.equal(shownAt(1, 'launching'), '');
    assert.equal(shownAt(2, 'launching'), 'l');
  });

  it('gets no half of a letter, and wide letters count twice', () => {
    assert.equal(shownAt(6, '密钥库测试'), '密钥');
    assert.equal(shownAt(4, 'a\u{1f600}b'), 'a\u{1f600}');
    assert.equal(shownAt(3, 'e\u0301e\u0301e\u0301'), 'e\u0301e\u0301');
  });

  it('shows a table with wide names in straight columns', () => {
    assert.deepEqual(
      tableLines(
        ['Name', 'Type'],
        [
          ['密钥库', 'secret'],
          ['e\u0301', 'auth'],
          ['plain', 'auth'],
        ],
      ),
      ['Name      Type', '----      ----', '密钥库    secret', 'e\u0301         auth', 'plain     auth'],
    );
  });
});

describe('the manual page', () => {
  it('is what the table of commands says: npm run man writes it anew', () => {
    assert.equal(readFileSync('man/bulkhead.1', 'utf8'), manPage(commandTable, summary, packageVersion()));
  });

  it('has the list of commands beside it that help prints', () => {
    assert.equal(overviewText, overview(commandTable, summary));
  });

  it('is read by groff without a warning', (t) => {
    if (spawnSync('groff', ['--version']).error !== undefined) {
      t.skip('groff is not installed');
      return;
    }
    const { stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', 'man/bulkhead.1'], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const text = execFileSync('groff', ['-man', '-Tascii', 'man/bulkhead.1'], { encoding: 'utf8' });
    assert.match(text, /plugin runtime register/);
  });
});
