/** Whether a process lives, as far as it can be known. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  livenessOf,
  processIdentity,
  thisProcess,
  type ProcessIdentity,
} from '../../src/linux/process-identity.ts';

const here = thisProcess();

describe('the owner of something', () => {
  const table: readonly [string, Partial<ProcessIdentity>, 'alive' | 'gone' | 'unknown'][] = [
    ['lives when process id and start time are those of a process', {}, 'alive'],
    [
      'is gone when its process id was given out again',
      { startTime: `${Number(here.startTime) + 1}` },
      'gone',
    ],
    ['is gone when there is no such process', { pid: 2 ** 22 + 1 }, 'gone'],
    ['is unknown in another namespace of process ids', { pidNamespace: '1' }, 'unknown'],
    ['is gone when this machine has booted since', { bootId: 'another' }, 'gone'],
    ['is unknown on another machine', { bootId: 'another', machineId: 'ffffffffffffffff' }, 'unknown'],
    ['is unknown when its machine is not told', { bootId: 'another', machineId: '' }, 'unknown'],
    ['is unknown without a start time', { startTime: '' }, 'unknown'],
    ['is unknown without a boot id', { bootId: '' }, 'unknown'],
    ['is unknown without a namespace', { pidNamespace: '' }, 'unknown'],
    ['is unknown without a process id', { pid: NaN }, 'unknown'],
    ['is unknown when the process id means a group', { pid: 0 }, 'unknown'],
  ];
  const skip = here.machineId === '' ? 'this machine has no /etc/machine-id' : false;
  for (const [title, change, expected] of table) {
    it(title, { skip: 'bootId' in change && expected === 'gone' && skip }, () => {
      assert.equal(livenessOf({ ...here, ...change }), expected);
    });
  }

  it('is unknown after another boot to a machine that has no id itself', () => {
    const nameless = { ...here, machineId: '' };
    assert.equal(livenessOf({ ...nameless, bootId: 'another' }, nameless), 'unknown');
  });

  it('is unknown to a process that does not know itself', () => {
    assert.equal(livenessOf({ ...here, pid: 2 ** 22 + 1 }, { ...here, startTime: '' }), 'unknown');
    assert.equal(livenessOf({ ...here, pid: 2 ** 22 + 1 }, { ...here, bootId: '' }), 'unknown');
  });

  it('is gone once it was killed', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const identity = processIdentity(child.pid ?? 0);
    assert.ok(identity !== undefined);
    assert.equal(livenessOf(identity), 'alive');
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    assert.equal(livenessOf(identity), 'gone');
  });

  it('lives although this process has no descriptor left to see it', async () => {
    const program = `
      import { openSync, closeSync } from 'node:fs';
      import { livenessOf, processIdentity, thisProcess } from './src/linux/process-identity.ts';
      thisProcess();
      const parent = processIdentity(process.ppid);
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      const seen = livenessOf(parent);
      held.forEach((descriptor) => closeSync(descriptor));
      process.stdout.write(seen + ' ' + (held.length > 0));
    `;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program];
    const child = spawn('sh', ['-c', 'ulimit -n 128; "$@"; exit $?', 'sh', ...node], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(printed.toString(), 'unknown true');
  });
});
