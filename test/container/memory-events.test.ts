/** The kernel's own count of processes that it killed for want of memory. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cgroupPath, countsOf, FollowedEvents, usualCgroup } from '../../src/container/memory-events.ts';

const id = '3f2a'.repeat(16);

describe('the cgroup of a container', () => {
  for (const [name, line, path] of [
    ['Docker with systemd', `0::/system.slice/docker-${id}.scope`, `/system.slice/docker-${id}.scope`],
    ['Docker without', `0::/docker/${id}`, `/docker/${id}`],
    ['Podman', `0::/machine.slice/libpod-${id}.scope/container`, `/machine.slice/libpod-${id}.scope`],
    [
      'rootless Podman',
      `0::/user.slice/user-1001.slice/user@1001.service/user.slice/libpod-${id}.scope/container`,
      `/user.slice/user-1001.slice/user@1001.service/user.slice/libpod-${id}.scope`,
    ],
  ] as const) {
    it(`is found as ${name} names it`, () => {
      assert.equal(cgroupPath(`${line}\n`, id), path);
    });
  }

  it('is looked for where engines usually put it, before the engine is asked', () => {
    for (const [kind, cgroupDriver, path] of [
      ['docker', 'systemd', `/system.slice/docker-${id}.scope`],
      ['docker', 'cgroupfs', `/docker/${id}`],
      ['podman', 'systemd', `/machine.slice/libpod-${id}.scope`],
      ['podman', 'cgroupfs', `/libpod_parent/libpod-${id}`],
    ] as const)
      assert.equal(usualCgroup({ kind, rootless: false, info: { cgroupDriver } }, id), path);

    const idMappings = { uids: [{ containerId: 0, hostId: 1001, size: 1 }], gids: [] };
    const ofUser = (kind: 'docker' | 'podman', cgroupDriver: string) =>
      usualCgroup({ kind, rootless: true, info: { cgroupDriver, idMappings } }, id);
    const service = '/user.slice/user-1001.slice/user@1001.service/user.slice';
    assert.equal(ofUser('podman', 'systemd'), `${service}/libpod-${id}.scope`);
    assert.equal(ofUser('docker', 'systemd'), `${service}/docker-${id}.scope`);
    assert.equal(ofUser('podman', 'cgroupfs'), undefined);
  });

  it('is not that of another process, of version 1, or outside', () => {
    for (const line of ['0::/user.slice', `3:memory:/docker/${id}`, `0::/../docker/${id}`, ''])
      assert.equal(cgroupPath(`${line}\n`, id), undefined, line);
  });
});

it('a kill for want of memory is told from a limit that was only met', () => {
  const group = 'low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\noom_group_kill 1\n';
  assert.deepEqual(countsOf(group), { limited: 32, kills: 2 });
  assert.deepEqual(countsOf('low 0\nhigh 4\nmax 0\noom 0\noom_kill 0\n'), { limited: 0, kills: 0 });
  assert.deepEqual(countsOf(''), { limited: 0, kills: 0 });
});

describe('a kill for want of memory', () => {
  const quiet = 'max 0\noom 0\noom_kill 0\n';
  const cases = [
    ['is that of the container', { own: 'max 9\noom 1\noom_kill 1\n', above: quiet, killed: true }],
    [
      'is that of the cgroup above, once the own one is gone',
      { own: 'max 9\n', above: 'oom_kill 1\n', killed: true },
    ],
    [
      'is none where the limit was only met',
      { own: 'max 9\noom 1\noom_kill 0\n', above: quiet, killed: false },
    ],
    ['is none of another container', { own: quiet, above: 'oom_kill 1\n', killed: false }],
  ] as const;
  for (const [name, { own, above, killed }] of cases) {
    it(name, async () => {
      const root = await mkdtemp(join(tmpdir(), 'cgroup-'));
      const ending = new AbortController();
      try {
        const folder = join(root, 'libpod-1.scope');
        await mkdir(folder);
        await writeFile(join(root, 'memory.events'), quiet);
        await writeFile(join(folder, 'memory.events'), own); // read when it begins to be followed
        const events = new FollowedEvents();
        events.follow(folder, ending.signal);
        await rm(folder, { recursive: true });
        await writeFile(join(root, 'memory.events'), above);
        assert.equal(events.killed, killed);
      } finally {
        ending.abort();
        await rm(root, { recursive: true });
      }
    });
  }
});
