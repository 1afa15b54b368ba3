/** A host that stops or ends while it is at work on a request: nobody waits for it without end, and nothing is claimed. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findServedMounts } from '../../src/cli/vault/served-mounts.ts';
import { findHosts, type RunningHost } from '../../src/cli/control/ask-hosts.ts';
import type { ControlAnswer, ControlRequest } from '../../src/host/control/messages.ts';
import { checkout } from '../plugins/cache.ts';
import { runInProcess } from './in-process.ts';

const limits = { timeout: 60_000 };

/** A real `bulkhead serve` but for its mounts: what is asked of them takes without end. */
const mountsProgram = `
  import { serveMounts } from '${checkout}src/vault/kept/serve-mounts.ts';
  const [directory] = process.argv.slice(-1);
  const without = (what) => () => { console.log(what); return new Promise((resolve) => setTimeout(resolve, 1e9)); };
  const mounts = { list: async () => [], enable: without('enable'), disable: without('disable'), request: without('request') };
  await serveMounts(mounts, { directory, trustedOwners: [] });
  console.log('serves');
`;
const { signal } = new AbortController();
const reload: ControlRequest = { op: 'reload', name: 'kv', done: true };

/** A real control socket in a process of its own. A reload says that it has begun, and takes as long as it is told. */
const program = `
  import { serveControl } from '${checkout}src/host/control/serve-control.ts';
  const [directory, reloadMs] = process.argv.slice(-2);
  const mount = { mountId: 'm', plugin: { type: 'secret', name: 'kv' }, version: '', instance: { id: 'i' }, calls: 0 };
  await serveControl({
    id: 'host',
    instances: () => [{ id: 'abcdef012345', type: 'secret', name: 'kv', version: '', state: { name: 'ready' }, restarts: 0, mounts: [] }],
    mounts: () => [mount],
    logs: () => [],
    followLogs: () => { console.log('follows'); return () => undefined; },
    reload: () => { console.log('reloads'); return new Promise((resolve) => setTimeout(resolve, Number(reloadMs), 1)); },
  }, { directory, trustedOwners: [] });
  console.log('serves');
`;

async function withHost(
  reloadMs: number,
  test: (world: { host: RunningHost; child: ChildProcess; directory: string }) => Promise<void>,
  standstillMs = 2_000,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'standing-'));
  const args = ['--import', 'tsx', '--input-type=module', '-e', program, directory, String(reloadMs)];
  const child = spawn(process.execPath, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    const { running } = await findHosts({ directory, trustedOwners: [] }, { signal, standstillMs });
    const [host] = running;
    assert.ok(host);
    await test({ host, child, directory });
  } finally {
    child.kill('SIGKILL');
    await exit;
    await rm(directory, { recursive: true, force: true });
  }
}

async function answersTo(host: RunningHost, request: ControlRequest): Promise<ControlAnswer[]> {
  const answers: ControlAnswer[] = [];
  for await (const answer of host.ask(request, { signal })) answers.push(answer);
  return answers;
}

describe('a host that is at work on a request', limits, () => {
  it('is waited for as long as it lives, whatever it takes', async () => {
    await withHost(4_000, async ({ host }) => {
      assert.deepEqual(await answersTo(host, reload), [{ reloaded: 1 }]);
    });
  });

  for (const request of [reload, { op: 'logs', instance: 'abcdef012345', follow: true }] as const) {
    it(`and is stopped meanwhile is told of: ${request.op}`, async () => {
      await withHost(1e6, async ({ host, child }) => {
        const answers = answersTo(host, request);
        answers.catch(() => undefined); // awaited below
        assert.ok(child.stdout);
        await once(child.stdout, 'data'); // it is at work
        child.kill('SIGSTOP');
        await assert.rejects(answers, {
          code: 'HOST_SILENT',
          message: /the host stands still/,
          hint: /SIGCONT/,
        });
      });
    });
  }

  it('and was stopped before the request is told of', async () => {
    await withHost(0, async ({ host, child }) => {
      child.kill('SIGSTOP');
      await assert.rejects(answersTo(host, reload), {
        code: 'HOST_SILENT',
        message: /the host stands still/,
      });
    });
  });

  it('and is killed meanwhile is told of, and not taken for one that has nothing to do', async () => {
    await withHost(1e6, async ({ child, directory }) => {
      const reloaded = runInProcess(['plugin', 'reload', '-plugin=kv'], { BULKHEAD_DIRECTORY: directory });
      assert.ok(child.stdout);
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      const { status, stderr } = await reloaded;
      assert.equal(status, 3, stderr);
      assert.match(stderr, /HOST_SILENT: the host ended before it had answered/);
    });
  });

  it('and was gone before the request is told of', async () => {
    await withHost(0, async ({ host, child }) => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      await assert.rejects(answersTo(host, reload), {
        code: 'HOST_SILENT',
        message: /the host ended before/,
      });
    });
  });
});

describe('a process that serves mounts and is at work on a request', limits, () => {
  it('and is stopped meanwhile is told of', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'standing-'));
    const args = ['--import', 'tsx', '--input-type=module', '-e', mountsProgram, directory];
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    try {
      await once(child.stdout, 'data');
      const { mounts } = await findServedMounts({ directory, trustedOwners: [] }, signal, 2_500);
      assert.ok(mounts);
      const asked = mounts.request({ operation: 'read', path: 'kv/a', data: {} }, { signal });
      asked.catch(() => undefined); // awaited below
      await once(child.stdout, 'data');
      // It says that it is alive: nobody gives up on it for longer than that lasts.
      const early = await Promise.race([asked.catch(() => 'given up'), delay(4_000, 'late')]);
      assert.equal(early, 'late');
      child.kill('SIGSTOP');
      await assert.rejects(asked, { code: 'HOST_SILENT', message: /stands still/ });
    } finally {
      child.kill('SIGKILL');
      await exit;
      await rm(directory, { recursive: true, force: true });
    }
  });
});
