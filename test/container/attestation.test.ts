import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attest } from '../../src/container/attestation.ts';
import type { CreateContainerOptions, InspectedContainer } from '../../src/engine/index.ts';

const asked: CreateContainerOptions = {
  image: 'sha256:1',
  runtime: 'runsc',
  networkMode: 'none',
  networkDisabled: true,
  readonlyRootfs: true,
  noNewPrivileges: true,
  capDrop: ['ALL'],
  capAdd: ['IPC_LOCK'],
  groupAdd: ['64999'],
  memory: 64 << 20,
  pidsLimit: 512,
  mounts: [{ type: 'bind', source: '/tmp/x', target: '/run/bulkhead', readOnly: false }],
};

const made = {
  runtime: '/usr/bin/runsc',
  networkMode: 'none',
  networkDisabled: true,
  readonlyRootfs: true,
  noNewPrivileges: true,
  capDrop: ['ALL'],
  capAdd: ['IPC_LOCK'],
  groupAdd: ['64999'],
  memory: 64 << 20,
  nanoCpus: 0,
  pidsLimit: 512,
  cgroupParent: '',
  privileged: false,
  config: { user: '' },
  mounts: [
    { type: 'bind', source: '/tmp/x', target: '/run/bulkhead', readOnly: false, propagation: 'rprivate' },
  ],
} as unknown as InspectedContainer;

function settingsOf(change: Partial<InspectedContainer>, request = asked): string[] {
  return attest(request, { ...made, ...change }).map(({ setting }) => setting);
}

describe('attestation', () => {
  it('passes a container that is what was asked for, the runtime told as a path', () => {
    assert.deepEqual(attest(asked, made), []);
  });

  it('names a runtime that the engine silently replaced, with both sides', () => {
    assert.deepEqual(attest(asked, { ...made, runtime: 'crun' }), [
      { setting: 'runtime', asked: 'runsc', made: 'crun' },
    ]);
  });

  it('names a limit of the process that the engine made otherwise, or not at all', () => {
    const request = { ...asked, ulimits: [{ name: 'memlock', soft: 64, hard: 64 }] };
    const ulimitsMade = (ulimits: InspectedContainer['ulimits']) => settingsOf({ ulimits }, request);
    assert.deepEqual(
      ulimitsMade([
        { name: 'memlock', soft: 64, hard: 64 },
        { name: 'nofile', soft: 1, hard: 1 },
      ]),
      [],
    );
    assert.deepEqual(ulimitsMade([{ name: 'memlock', soft: 8, hard: 8 }]), ['ulimit memlock']);
    assert.deepEqual(ulimitsMade([]), ['ulimit memlock']);
  });

  it('names every loosened setting', () => {
    const loose: Partial<InspectedContainer> = {
      privileged: true,
      networkMode: 'bridge',
      networkDisabled: false,
      readonlyRootfs: false,
      noNewPrivileges: false,
      groupAdd: [],
      memory: 0,
      pidsLimit: 0,
    };
    assert.deepEqual(settingsOf(loose), [
      'privileged',
      'network',
      'no network',
      'read-only root file system',
      'no new privileges',
      'added groups',
      'memory',
      'pids',
    ]);
  });

  it('names capabilities that were kept, as Docker and as Podman tell them', () => {
    assert.deepEqual(settingsOf({ capDrop: [], capAdd: ['IPC_LOCK', 'SYS_ADMIN'] }), [
      'dropped capabilities',
      'capabilities',
    ]);
    assert.deepEqual(settingsOf({ boundingCaps: ['IPC_LOCK', 'CHOWN'] }), ['capabilities']);
    assert.deepEqual(settingsOf({ boundingCaps: ['CAP_IPC_LOCK'], capDrop: ['CHOWN'] }), []);
  });

  it('names a mount that is missing, that became read-only, and one that nobody asked for', () => {
    const extra = {
      type: 'bind',
      source: '/',
      target: '/host',
      readOnly: false,
      propagation: '',
      options: [],
    };
    assert.deepEqual(settingsOf({ mounts: [] }), ['mount /run/bulkhead']);
    const readOnly = made.mounts.map((mount) => ({ ...mount, readOnly: true }));
    assert.deepEqual(settingsOf({ mounts: readOnly }), ['mount /run/bulkhead']);
    assert.deepEqual(settingsOf({ mounts: [...made.mounts, extra] }), ['mount /host']);
  });

  it('names a user and a cgroup parent that differ, when they were asked for', () => {
    const request = { ...asked, user: '65532:65532', cgroupParent: '/plugins' };
    assert.deepEqual(settingsOf({}, request), ['user', 'cgroup parent']);
  });
});
