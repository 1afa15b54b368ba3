/** Where no engine is found, a Podman of Bulkhead's own is the engine: for every command, and by the doctor's word. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { MatrixResult } from '../../src/compatibility/index.ts';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { inTurn } from '../engines/in-turn.ts';
import { busyboxArchive, noBusybox } from '../engine/support/busybox-image.ts';
import { machine, noMachine } from './machine.ts';

const path = searchPath(undefined);
const installed = async (name: string) => (await findExecutable(name, path)) !== undefined;
const hasPodman = (await installed('podman')) && (await installed('runsc')) && (await installed('runc'));
const skip =
  noMachine !== false ? noMachine : hasPodman ? (noBusybox ?? false) : 'needs podman, runsc and runc';

const nobody = { uid: 65_534, gid: 65_534 };
const image = 'localhost/own-podman:1';

describe('a machine with nothing but Podman', { skip, timeout: 600_000 }, () => {
  it('has an engine for every command', async () => {
    using here = machine({ podman: 'installed' });
    const doctor = here.run(['doctor']);
    assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
    assert.match(doctor.stdout, /^Podman \S+, rootful, at .* \(a Podman of Bulkhead's own/m);
    const { ok, engines } = JSON.parse(here.run(['doctor', '-format=json']).stdout) as {
      ok: boolean;
      engines: { facts?: { kind: string } }[];
    };
    assert.deepEqual([ok, engines.map(({ facts }) => facts?.kind)], [true, ['podman']]);

    const facts = join(here.folder, 'facts.json');
    assert.equal(here.run(['doctor', `-record=${facts}`]).status, 0);
    const matrix = here.run(['matrix', '-format=json']);
    assert.equal(matrix.status, 0, matrix.stderr);
    const { summary } = JSON.parse(matrix.stdout) as MatrixResult;
    assert.ok(summary.works > 0);
    const recorded = JSON.parse(
      here.run(['matrix', `-facts=${facts}`, '-format=json']).stdout,
    ) as MatrixResult;
    assert.deepEqual(recorded.summary, summary);

    const archive = join(here.folder, 'image.tar');
    writeFileSync(archive, await busyboxArchive(image));
    const load = here.run(['image', 'load', archive]);
    assert.deepEqual([load.status, load.stdout], [0, `Success! Loaded image: ${image}\n`], load.stderr);
    const check = here.run(['check', image, '-user=0']);
    assert.deepEqual(
      [check.status, check.stdout.includes('works on podman')],
      [0, true],
      check.stdout + check.stderr,
    );
    // The image is no plugin, so these launches fail: by what the container does, not for want of an engine.
    for (const words of [
      ['run', image, '-type=secret', '-user=0'],
      ['call', image, 'A/B', '-type=secret', '-user=0'],
      ['plugin', 'register', `-oci_image=${image}`, 'secret', 'kv'],
    ]) {
      const { status, stderr } = here.run(words);
      assert.equal(status, 1, `${words.join(' ')}: ${stderr}`);
      assert.doesNotMatch(stderr, /ENGINE_|PODMAN_|TypeError/);
    }
    const swept = here.run(['gc']);
    assert.equal(swept.status, 0, swept.stdout + swept.stderr);
    assert.equal(here.run(['ps']).status, 0);
  });

  it('really launches the cells that are predicted', () => {
    using here = machine({ podman: 'installed' });
    const filters = ['-filter=runtime=runc,runsc', '-filter=user=non-root', '-filter=mlock=off'];
    const { status, stdout, stderr } = here.run(['matrix', '-live', '-format=json', ...filters]);
    assert.equal(status, 0, stdout + stderr);
    const { summary } = JSON.parse(stdout) as MatrixResult;
    assert.deepEqual([summary.launched, summary.works, summary.disagree], [2, 2, 0]);
  });

  it('without gVisor has an engine all the same, which the usual runtime is refused by', async () => {
    using here = machine({ podman: 'installed', without: ['runsc'] });
    const archive = join(here.folder, 'image.tar');
    writeFileSync(archive, await busyboxArchive(image));
    assert.equal(here.run(['image', 'load', archive]).status, 0);
    assert.equal(here.run(['doctor']).status, 0);
    const check = here.run(['check', image, '-format=json']);
    assert.equal(check.status, 1, check.stderr);
    const { verdict, reasons } = JSON.parse(check.stdout) as { verdict: string; reasons: { rule: string }[] };
    assert.equal(verdict, 'refused');
    assert.ok(reasons.some(({ rule }) => rule === 'podman-runtime'));
    assert.equal(here.run(['check', image, '-user=0', '-oci_runtime=runc']).status, 0);
  });
});

it(
  'an ordinary user without further ids has a rootless Podman, by the word of every command',
  { skip, timeout: 240_000 },
  () => {
    using here = machine({ podman: 'installed', user: nobody });
    const { status, stdout } = here.run(['doctor']);
    const matrix = here.run(['matrix', '-format=json']);
    const { summary } = JSON.parse(matrix.stdout) as MatrixResult;
    assert.match(stdout, /^Podman \S+, rootless/m);
    assert.deepEqual([status, summary.works > 0], [0, true], stdout);
  },
);

const commands: readonly (readonly string[])[] = [
  ['doctor'],
  ['check', image],
  ['matrix'],
  ['matrix', image],
  ['matrix', '-live'],
  ['run', image, '-type=secret'],
  ['call', image, 'A/B', '-type=secret'],
  ['image', 'load', '/dev/null'],
  ['plugin', 'register', `-oci_image=${image}`, 'secret', 'kv'],
];
const few = commands.slice(0, 3);

describe('a machine without an engine', { skip: noMachine, timeout: 600_000 }, () => {
  it('is told so by every command, with what to do', () => {
    using here = machine({ podman: 'missing' });
    for (const words of commands) {
      const { status, stdout, stderr } = here.run(words);
      assert.equal(status, words[0] === 'doctor' ? 1 : 3, `${words.join(' ')}: ${stdout}${stderr}`);
      assert.match(stdout + stderr, /ENGINE_NONE_FOUND: no engine answers/, words.join(' '));
      assert.match(stdout + stderr, /podman is not installed/);
      assert.match(stdout + stderr, /Hint: .*Start Docker or Podman/);
      assert.match(stdout + stderr, /with -engine or DOCKER_HOST/);
    }
    assert.match(here.run(['matrix']).stderr, /-facts/);
  });
});

const faulty: readonly (readonly [string, { script: string; mode?: number }, RegExp])[] = [
  [
    'exits with 5',
    { script: '#!/bin/sh\necho "Error: database is locked" >&2; exit 5\n' },
    /exit code 5.*database is locked/,
  ],
  ['is killed', { script: '#!/bin/sh\nkill -KILL $$\n' }, /SIGKILL|exit code/],
  [
    'prints garbage',
    { script: '#!/bin/sh\nhead -c 5000 /dev/urandom >&2; printf "\\033[2J" >&2; exit 1\n' },
    /exit code 1/,
  ],
  ['says nothing', { script: '#!/bin/sh\nexit 0\n' }, /exit code 0/],
  ['has an interpreter that is missing', { script: '#!/nonexistent/sh\n' }, /exit code|ENOENT/],
  ['is no program', { script: '\u0000\u0001\u0002' }, /exit code|ENOEXEC/],
];

describe("a Podman that can't be used", { skip: noMachine, timeout: 600_000 }, () => {
  for (const [index, [what, podman, said]] of faulty.entries()) {
    it(`because it ${what}, is told in words`, () => {
      using here = machine({ podman });
      for (const words of index === 0 ? commands : inTurn(few, index)) {
        const { status, stdout, stderr } = here.run(words);
        assert.equal(status, words[0] === 'doctor' ? 1 : 3, `${words.join(' ')}: ${stdout}${stderr}`);
        assert.match(stdout + stderr, /PODMAN_SERVICE_FAILED/);
        assert.match(stdout + stderr, said);
        assert.doesNotMatch(stdout + stderr, /TypeError|reading '|\n +at /);
        assert.ok(!(stdout + stderr).includes('\u001b'));
      }
    });
  }

  it('because it may not be executed, is none', () => {
    using here = machine({ podman: { script: '#!/bin/sh\nexit 0\n', mode: 0o644 } });
    for (const words of few) assert.match(Object.values(here.run(words)).join(''), /podman is not installed/);
  });

  it('because its user has nowhere to keep images, is told in words', { skip }, () => {
    using here = machine({ podman: 'installed', user: nobody });
    for (const words of few) {
      const { status, stdout, stderr } = here.run(words, {
        HOME: '/nonexistent',
        CONTAINERS_STORAGE_CONF: '',
      });
      assert.equal(status, words[0] === 'doctor' ? 1 : 3, `${words.join(' ')}: ${stdout}${stderr}`);
      assert.match(stdout + stderr, /PODMAN_SERVICE_(FAILED|TIMEOUT)/);
      assert.match(stdout + stderr, /Hint: /);
      assert.doesNotMatch(stdout + stderr, /TypeError|reading '|\n +at /);
    }
  });

  it('because it hangs, is given up', () => {
    using here = machine({ podman: { script: '#!/bin/sh\necho waiting for a lock >&2; exec sleep 1000\n' } });
    const { status, stderr } = here.run(['check', image]);
    assert.equal(status, 3, stderr);
    assert.match(stderr, /PODMAN_SERVICE_TIMEOUT: .*waiting for a lock/);
  });

  for (const words of [['doctor'], ['check', image], ['matrix'], ['run', image, '-type=secret']]) {
    it(`because it hangs, does not hold up Ctrl-C: ${words.join(' ')}`, { timeout: 120_000 }, async () => {
      using here = machine({ podman: { script: '#!/bin/sh\necho up > "$HOME/started"; exec sleep 1000\n' } });
      const started = join(here.folder, 'started');
      execFileSync('mkfifo', [started]);
      const command = here.start(words);
      const ended = once(command, 'exit');
      for await (const _chunk of createReadStream(started)) break;
      command.kill('SIGINT');
      assert.deepEqual(await ended, [130, null]);
    });
  }
});
