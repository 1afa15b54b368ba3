/** The kernel's own count of processes that it killed for want of memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cgroupPath, usualCgroup, wasKilled } from '../../src/container/memory-events.ts';

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
  assert.equal(wasKilled('low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\noom_group_kill 0\n'), true);
  assert.equal(wasKilled('low 0\nhigh 4\nmax 31\noom 2\noom_kill 0\noom_group_kill 0\n'), false);
  assert.equal(wasKilled(''), false);
});
