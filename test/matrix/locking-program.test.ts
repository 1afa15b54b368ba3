import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { after, describe, it } from 'node:test';
import { parseElf } from '../../src/packing/index.ts';
import { lockingProgram } from '../../src/matrix/probe/locking-program.ts';
import { InvalidOptionError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-test-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const notHere =
  process.arch !== 'x64'
    ? 'machine code for amd64'
    : process.geteuid?.() !== 0
      ? 'needs root, to lock memory and to lose the right to it'
      : false;

describe('the program that locks memory before it becomes another', () => {
  for (const architecture of ['amd64', 'arm64']) {
    it(`is a static program for ${architecture}`, () => {
      const { machine, interpreter } = parseElf(lockingProgram(architecture));
      assert.deepEqual([machine, interpreter], [architecture, undefined]);
    });
  }

  it('says for which architecture there is none', () => {
    assert.throws(
      () => lockingProgram('riscv64'),
      (error) => error instanceof InvalidOptionError && error.message.includes('riscv64'),
    );
  });

  it('becomes the other with its arguments and environment, where it may lock', { skip: notHere }, () => {
    const script = 'echo "$A $1"; grep VmLck /proc/self/status';
    const { status, stdout } = run(['/bin/sh', '-c', script, 'sh', 'b c'], { A: 'a' });
    assert.equal(status, 0);
    assert.match(stdout, /^a b c\nVmLck:\s+0 kB\n$/);
  });

  it('says that it may not lock, and exits with the number of the error', { skip: notHere }, () => {
    const { status, stdout, stderr } = run(['/bin/echo', 'no'], {}, notPrivileged);
    assert.deepEqual(
      [status, stdout, stderr],
      [12, '', 'the probe could not lock its memory: mlockall was refused\n'], // ENOMEM
    );
  });
});

const notPrivileged = ['prlimit', `--memlock=${64 << 10}`, 'setpriv', '--reuid=65532', '--clear-groups'];

function run(args: readonly string[], env: NodeJS.ProcessEnv, before: readonly string[] = []) {
  const program = join(folder, 'locking');
  writeFileSync(program, lockingProgram('amd64'));
  chmodSync(folder, 0o755);
  chmodSync(program, 0o755);
  const [command = '', ...rest] = [...before, program, ...args];
  return spawnSync(command, rest, { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } });
}
