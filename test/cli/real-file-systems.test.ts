/** File systems that refuse: read-only, a quota, a file that is a mount of its own, no descriptors left. Each is told. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtPackage } from '../plugins/built-package.ts';
import { bulkhead } from './bulkhead.ts';
import { machine, noMachine } from './machine.ts';

const isRoot = process.getuid?.() === 0;
const recorded = 'test/compatibility/facts/docker-29-rootful.json';
const matrix = ['matrix', `-facts=${recorded}`];
let folder = '';
const mounted: string[] = [];

function mount(...args: readonly string[]): void {
  execFileSync('mount', args);
  mounted.push(args.at(-1) ?? '');
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-systems-'));
  chmodSync(folder, 0o755);
});
after(() => {
  for (const path of mounted.reverse()) execFileSync('umount', [path]);
  rmSync(folder, { recursive: true, force: true });
});

describe(
  'a file system that is mounted read-only',
  { skip: isRoot ? false : 'only root can mount one' },
  () => {
    let place = '';
    before(() => {
      const source = join(folder, 'source');
      place = join(folder, 'read-only');
      mkdirSync(source);
      mkdirSync(place);
      writeFileSync(join(source, 'of-yesterday.md'), 'of yesterday');
      mount('--bind', source, place);
      execFileSync('mount', ['-o', 'remount,bind,ro', place]);
    });

    for (const name of ['new.md', 'of-yesterday.md'])
      it(`gets no report: ${name}`, () => {
        const { status, stderr } = bulkhead([...matrix, `-output=${place}/${name}`]);
        assert.equal(status, 3, stderr);
        assert.match(
          stderr,
          new RegExp(`FILE_UNUSABLE: .*/${name} can't be written: read-only file system \\(EROFS\\)`),
        );
        assert.match(stderr, /^Hint: Choose a place on a file system that can be written\.$/m);
        assert.equal(readFileSync(join(place, 'of-yesterday.md'), 'utf8'), 'of yesterday');
      });

    it('gets no entry of a catalog, and is read all the same', () => {
      const environment = { BULKHEAD_DIRECTORY: join(place, 'catalog') };
      const { status, stderr } = bulkhead(['plugin', 'runtime', 'register', 'fast'], environment);
      assert.equal(status, 3, stderr);
      assert.match(stderr, /CATALOG_UNWRITABLE: .*read-only.*[^]*Hint: ./);
      assert.equal(bulkhead(['plugin', 'runtime', 'list'], environment).status, 0);
    });

    it('can hold no sockets, which is known before a launch', () => {
      const { status, stdout, stderr } = bulkhead(['doctor', '-format=json', `-socket_directory=${place}`]);
      assert.ok(status === 1 || status === 3, stdout + stderr);
      assert.match(stdout + stderr, /no directory can be made in .*read-only/);
    });
  },
);

describe(
  'a file that is a mount of its own, as in a container',
  { skip: isRoot ? false : 'only root can mount one' },
  () => {
    it('is written where it is, because nothing can take its place', () => {
      const [outside, inside] = [join(folder, 'outside.md'), join(folder, 'inside.md')];
      writeFileSync(outside, 'of yesterday');
      writeFileSync(inside, '');
      mount('--bind', outside, inside);
      const { status, stderr } = bulkhead([...matrix, `-output=${inside}`]);
      assert.equal(status, 0, stderr);
      assert.match(readFileSync(outside, 'utf8'), /\| *docker/);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('.')),
        [],
      );
    });
  },
);

describe('a user whose quota is used up', { skip: noMachine }, () => {
  it('gets no report, and is told that it is the quota', (t) => {
    const place = join(folder, 'quota');
    mkdirSync(place);
    try {
      mount('-t', 'tmpfs', '-o', 'usrquota,usrquota_block_hardlimit=16k,mode=1777', 'tmpfs', place);
    } catch {
      t.skip('this kernel has no quotas on tmpfs');
      return;
    }
    using here = machine({ podman: 'missing', user: { uid: 65_534, gid: 65_534 } });
    const facts = join(here.folder, 'facts.json');
    copyFileSync(recorded, facts);
    chmodSync(facts, 0o644);
    const { status, stderr } = here.run(['matrix', `-facts=${facts}`, `-output=${place}/report.html`]);
    assert.equal(status, 3, stderr);
    assert.match(stderr, /FILE_UNUSABLE: .*report\.html can't be written: .*\(EDQUOT\)/);
    assert.match(stderr, /^Hint: Make room within the quota of this user, or choose another place\.$/m);
    assert.deepEqual(readdirSync(place), []);
    const environment = { BULKHEAD_DIRECTORY: join(place, 'catalog') };
    let ended = here.run(['plugin', 'runtime', 'register', 'r0'], environment);
    for (let at = 1; ended.status === 0 && at < 10; at += 1)
      ended = here.run(['plugin', 'runtime', 'register', `r${at}`], environment);
    assert.equal(ended.status, 3, ended.stderr);
    assert.match(ended.stderr, /CATALOG_UNWRITABLE: .*EDQUOT[^]*Hint: The user's quota is used up/);
  });
});

describe('a process with hardly any descriptors', () => {
  it('ends with a sentence and a hint, or does what it was asked for', async () => {
    const entry = join(await builtPackage(), 'dist/cli/main.js');
    let told = 0;
    for (const limit of [20, 21, 22, 23, 24, 26, 28, 32]) {
      const words = ['-c', `ulimit -n ${limit} && exec "$@"`, 'sh', process.execPath, entry, ...matrix];
      const { status, stderr } = spawnSync('sh', words, {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '' },
      });
      // With less than Node.js itself needs, nothing of the program is ever read.
      if (status === 0 || stderr === '' || stderr.includes("main.js'")) continue;
      told += 1;
      assert.doesNotMatch(stderr, /TypeError|\n {4}at /, stderr);
      assert.match(
        stderr,
        /^Hint: Raise the limit of open files of this process \(ulimit -n\)/m,
        `${limit}: ${stderr}`,
      );
    }
    assert.ok(told > 0, 'no limit was low enough');
  });
});
