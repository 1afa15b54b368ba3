/** Files that can't be written or read, for every command that is given one: named, explained, and never left half. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtPackage } from '../plugins/built-package.ts';
import { goExample, goOnThePath, noGo } from '../plugins/go-programs.ts';
import { loadProto } from '../../src/goplugin/index.ts';
import { packBinaryPlugin } from '../../src/packing/index.ts';
import { runInProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-full-disk-'));
const small = join(folder, 'small');
const facts = 'test/compatibility/facts/docker-29-rootful.json';
const matrix = ['matrix', `-facts=${facts}`, '-format=json'];
const notRoot = process.getuid?.() !== 0 && 'only root can mount a small file system';

function mount(options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', small]);
}

describe('a file system that is full', { skip: notRoot }, () => {
  before(() => {
    mkdirSync(small, { recursive: true });
    mount('size=16k');
    for (const name of ['yesterday.html', 'kv.tar']) writeFileSync(join(small, name), 'of yesterday');
  });
  after(() => {
    execFileSync('umount', [small]);
  });

  it('gets no report at all, and the one of yesterday stays', async () => {
    for (const name of ['new.html', 'yesterday.html']) {
      const { status, stdout, stderr } = await runInProcess([
        'matrix',
        `-facts=${facts}`,
        `-output=${small}/${name}`,
      ]);
      assert.deepEqual([status, stdout], [3, ''], stderr);
      assert.match(
        stderr,
        new RegExp(`FILE_UNUSABLE: .*/${name} can't be written: no space left on device \\(ENOSPC\\)`),
      );
      assert.match(stderr, /^Hint: Make room/m);
    }
    assert.deepEqual(readdirSync(small).sort(), ['kv.tar', 'yesterday.html']);
    assert.equal(readFileSync(join(small, 'yesterday.html'), 'utf8'), 'of yesterday');
  });

  it('gets no half archive of an image, and the one of yesterday stays', { timeout: 120_000 }, async (t) => {
    if (goOnThePath() === undefined) {
      t.skip(noGo);
      return;
    }
    const program = await goExample('kv');
    for (const name of ['kv.tar', 'new.tar']) {
      const words = ['image', 'build', program, '-name=kv', `-output=${small}/${name}`];
      const { status, stderr } = await runInProcess(words);
      assert.equal(status, 3, stderr);
      assert.match(
        stderr,
        new RegExp(`/${name} can't be written: no space left on device[^]*Hint: Make room`),
      );
    }
    assert.equal(readFileSync(join(small, 'kv.tar'), 'utf8'), 'of yesterday');
    assert.ok(!existsSync(join(small, 'new.tar')));
    assert.deepEqual(
      readdirSync(small).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('gets no half entry of a catalog', async () => {
    const directory = join(small, 'catalog');
    const register = (name: string) =>
      runInProcess(['plugin', 'runtime', 'register', '-oci_runtime=runc', name], {
        BULKHEAD_DIRECTORY: directory,
      });
    let ended = await register('r0');
    for (let at = 1; ended.status === 0 && at < 30; at += 1) ended = await register(`r${at}`);
    assert.equal(ended.status, 3, ended.stderr);
    assert.match(ended.stderr, /CATALOG_UNWRITABLE: .*small\/catalog.*ENOSPC[^]*Hint: ./);
    const listed = await runInProcess(['plugin', 'runtime', 'list'], { BULKHEAD_DIRECTORY: directory });
    assert.deepEqual([listed.status, listed.stderr], [0, '']);
  });
});

it('standard output that is full ends the command with 3 and a sentence', async (t) => {
  if (!existsSync('/dev/full')) {
    t.skip('this system has no /dev/full');
    return;
  }
  const entry = join(await builtPackage(), 'dist/cli/main.js');
  for (const words of [matrix, ['completion', 'bash'], ['help'], ['version']]) {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [entry, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    assert.equal(status, 3, `${words.join(' ')}: ${stderr}`);
    assert.match(
      stderr,
      /standard output can't be written: no space left on device \(ENOSPC\)\nHint: Make room/,
    );
  }
});

describe('a report', () => {
  it('takes the place of a file with its permissions, at the end of a link, and leaves other names of a file alone', async () => {
    const file = join(folder, 'kept.json');
    const link = join(folder, 'link.json');
    writeFileSync(file, 'before');
    chmodSync(file, 0o640);
    symlinkSync(file, link);
    assert.equal((await runInProcess([...matrix, `-output=${link}`])).status, 0);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.match(readFileSync(file, 'utf8'), /^\{/);
    const other = join(folder, 'other.json');
    linkSync(file, other);
    writeFileSync(other, 'again');
    assert.equal((await runInProcess([...matrix, `-output=${file}`])).status, 0);
    assert.equal(readFileSync(other, 'utf8'), readFileSync(file, 'utf8'));
  });

  it('goes into a pipe or a device as it is', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const program = `cat ${pipe} & node --import tsx src/cli/main.ts ${matrix.join(' ')} -output=${pipe} > /dev/null; wait`;
    const { stdout } = spawnSync('bash', ['-c', program], { encoding: 'utf8' });
    assert.equal(typeof JSON.parse(stdout), 'object');
  });
});

describe('a path that leads nowhere is named, with what to do,', () => {
  const circle = join(folder, 'circle');
  const file = join(folder, 'file');
  before(() => {
    symlinkSync(circle, circle);
    writeFileSync(file, '');
  });
  const long = join(folder, 'x'.repeat(300));
  const paths: readonly (readonly [path: () => string, code: string])[] = [
    [() => join(folder, 'none/a.json'), 'ENOENT'],
    [() => folder, 'EISDIR'],
    [() => join(file, 'a.json'), 'ENOTDIR'],
    [() => circle, 'ELOOP'],
    [() => long, 'ENAMETOOLONG'],
  ];
  const commands: readonly (readonly [what: string, words: (path: string) => string[]])[] = [
    ['matrix -output', (path) => [...matrix, `-output=${path}`]],
    ['matrix -require', (path) => [...matrix, `-require=${path}`]],
    ['matrix -facts', (path) => ['matrix', `-facts=${path}`]],
    ['image load', (path) => ['image', 'load', path, '-engine=/nonexistent']],
  ];
  for (const [what, words] of commands) {
    for (const [path, code] of paths) {
      it(`${what}: ${code}`, async () => {
        const { status, stderr } = await runInProcess(words(path()));
        assert.equal(status, 3, stderr);
        assert.ok(stderr.includes(path()), stderr);
        assert.match(stderr, new RegExp(`FILE_UNUSABLE: .*\\(${code}\\)\nHint: .`));
      });
    }
  }

  for (const [path, code] of paths.filter(([, each]) => each !== 'EISDIR')) {
    it(`image build: ${code}`, async () => {
      const { status, stderr } = await runInProcess(['image', 'build', path(), '-name=x']);
      assert.equal(status, 3, stderr);
      assert.match(stderr, new RegExp(`FILE_UNUSABLE: .*\\(${code}\\)\nHint: .`));
    });

    it(`in the library, a program to pack and a .proto file: ${code}`, async () => {
      const packed = packBinaryPlugin({ tag: 'localhost/x:1', binary: path() });
      await assert.rejects(packed, (error: { message: string; hint?: string }) => {
        assert.ok(error.message.includes(path()) && error.message.includes(`(${code})`), error.message);
        assert.match(error.hint ?? '', /./);
        return true;
      });
      await assert.rejects(loadProto(path()), (error: { message: string; hint?: string }) => {
        assert.ok(error.message.includes(path()), error.message);
        assert.match(error.hint ?? '', /./);
        return true;
      });
    });
  }

  it('for the directory of the catalogs', async () => {
    for (const [path] of paths.filter(([, code]) => ['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(code))) {
      const words = ['plugin', 'runtime', 'register', '-oci_runtime=runc', 'a'];
      const { status, stderr } = await runInProcess(words, { BULKHEAD_DIRECTORY: path() });
      assert.equal(status, 3, stderr);
      assert.match(stderr, /^Error: CATALOG_\w+: /);
      assert.match(stderr, /^Hint: ./m, `${path()}: ${stderr}`);
    }
  });
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});
