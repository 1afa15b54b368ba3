/** Commands that fail when they have done something already: what was done is told, and the exit code does not deny it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { command, type CommandNode } from '../../src/cli/command.ts';
import { terminalOn } from '../../src/cli/output/terminal.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { BulkheadError } from '../../src/errors.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { goExample, goOnThePath, noGo } from '../plugins/go-programs.ts';
import { bulkhead } from './bulkhead.ts';
import { runInProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-half-done-'));
after(() => {
  rmSync(folder, { recursive: true });
});

describe('a command that fails', () => {
  const failing = (error: Error, did: boolean): CommandNode =>
    command({
      name: 'half-done',
      summary: 'fails',
      run(_input, context) {
        if (did) context.did('the image x was loaded');
        return Promise.reject(error);
      },
    });
  const usage = new UsageError('there is no field "a"');
  const option = new BulkheadError('INVALID_OPTION', 'type: is wrong');
  const cases: readonly (readonly [string, Error, boolean, number])[] = [
    ['by a wrong word, before anything was done', usage, false, 2],
    ['by a wrong word, after something was done', usage, true, 1],
    ['by a wrong option, before anything was done', option, false, 2],
    ['by a wrong option, after something was done', option, true, 1],
    ['by the machine, after something was done', new BulkheadError('ENGINE_GONE', 'gone'), true, 3],
  ];
  for (const [what, error, did, code] of cases) {
    it(`${what}, ends with ${code}`, async () => {
      const table = commandTable as CommandNode[];
      table.push(failing(error, did));
      let written = '';
      const stream = { write: (text: string) => (written += text) };
      try {
        const status = await runCommandLine(['half-done'], {
          terminal: terminalOn(stream, stream, {}),
          signal: new AbortController().signal,
          environment: {},
          onHangup: () => ({ [Symbol.dispose]: () => undefined }),
        });
        assert.equal(status, code, written);
      } finally {
        table.pop();
      }
      assert.equal(written.includes('before that, the image x was loaded'), did, written);
    });
  }
});

const testEngine = loadEngines().find(
  ({ kind, rootless, suite }) => kind === 'docker' && !rootless && suite === 'host',
);
const socket = testEngine?.services[0]?.socket ?? '';

it(
  'image build tells that the image was loaded, when it is not registered',
  { timeout: 180_000 },
  async (t) => {
    if (goOnThePath() === undefined || testEngine === undefined) {
      t.skip(testEngine === undefined ? noEngines : noGo);
      return;
    }
    const words = ['image', 'build', await goExample('kv'), '-name=half-done', `-engine=${socket}`];
    const { status, stdout, stderr } = bulkhead([...words, '-register=secret'], {
      BULKHEAD_DIRECTORY: folder,
    });
    await using engine = await connectEngine({ socketPath: socket });
    await engine.images.remove('localhost/half-done:latest', { force: true });
    assert.deepEqual([status, stdout], [1, ''], stderr);
    assert.match(stderr, /before that, the image localhost\/half-done:latest was loaded/);
  },
);

describe('image build refuses, before the image is loaded,', () => {
  for (const [what, words, said] of [
    ['a type that is none', ['-register=Secret!'], /type/],
    ['a version that is none', ['-register=secret', '-version=latest'], /version/],
  ] as const) {
    it(what, async () => {
      const all = ['image', 'build', '/nonexistent', '-name=x', '-engine=/nonexistent', ...words];
      const { status, stderr } = await runInProcess(all, { BULKHEAD_DIRECTORY: folder });
      assert.equal(status, 2, stderr);
      assert.match(stderr, said);
    });
  }
});

it('image build refuses a runtime that is not registered, before the image is loaded', async () => {
  const words = ['image', 'build', '/nonexistent', '-name=x', '-register=secret', '-runtime=nosuch'];
  const { status, stderr } = await runInProcess(words, { BULKHEAD_DIRECTORY: folder });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /no plugin runtime "nosuch"/);
});

describe('plugin deregister', () => {
  const run = (...words: string[]) => runInProcess(words, { BULKHEAD_DIRECTORY: folder });
  const register = (type: string, name: string, ...more: string[]) =>
    run('plugin', 'register', '-oci_image=localhost/x:1', '-skip_probe', ...more, type, name);

  it('names the versions that there are, where the one that is given is not among them', async () => {
    await register('secret', 'kv', '-version=1.0.0');
    await register('secret', 'kv', '-version=2.0.0');
    for (const words of [['-version=3.0.0'], []]) {
      const { status, stdout, stderr } = await run('plugin', 'deregister', ...words, 'secret', 'kv');
      assert.deepEqual([status, stdout], [1, ''], stderr);
      assert.match(
        stderr,
        /CATALOG_NOT_FOUND: no .* of secret plugin kv; registered are v1\.0\.0, v2\.0\.0\n/,
      );
    }
    const other = await run('plugin', 'deregister', 'auth', 'kv');
    assert.equal(other.status, 1);
    assert.match(other.stderr, /v1\.0\.0 of secret plugin kv/);
    assert.equal((await run('plugin', 'deregister', '-version=1.0.0', 'secret', 'kv')).status, 0);
  });

  it('and its siblings name them, too', async () => {
    for (const words of [
      ['plugin', 'info', '-version=9.0.0', 'secret', 'kv'],
      ['plugin', 'pin', 'secret', 'kv', '9.0.0'],
    ]) {
      const { status, stderr } = await run(...words);
      assert.notEqual(status, 0, words.join(' '));
      assert.match(stderr, /v2\.0\.0/, `${words.join(' ')}: ${stderr}`);
    }
    await run('plugin', 'runtime', 'register', '-oci_runtime=runc', 'mine');
    for (const verb of ['info', 'deregister']) {
      const { status, stderr } = await run('plugin', 'runtime', verb, 'nosuch');
      assert.equal(status, 1, stderr);
      assert.match(stderr, /It has mine\./);
    }
  });
});
