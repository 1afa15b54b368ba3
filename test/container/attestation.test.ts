import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attest } from '../../src/container/attestation.ts';
import type { EngineInfo, InspectedContainer } from '../../src/engine/index.ts';
import { asked, made } from './attested-container.ts';

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
    assert.deepEqual(ulimitsMade([{ name: 'memlock', soft: 64, hard: 128 }]), ['ulimit memlock']);
  });

  it('names a right to more of the processor than others get, and a volume, that nobody asked for', () => {
    assert.deepEqual(settingsOf({ ulimits: [{ name: 'rtprio', soft: 99, hard: 99 }] }), ['ulimit rtprio']);
    const volume = { ...made.mounts[0], type: 'volume', source: '/var/lib/v', target: '/data' };
    assert.deepEqual(settingsOf({ mounts: [...made.mounts, volume] as InspectedContainer['mounts'] }), [
      'mount /data',
    ]);
  });

  it('tells no value of a variable, a label or an argument', () => {
    const request = { ...asked, env: { KEY: 'hush-1' }, labels: { l: 'hush-2' }, cmd: ['hush-3'] };
    const found = attest(request, {
      ...made,
      config: { ...made.config, env: ['KEY=hush-4'], labels: { l: 'hush-5' }, cmd: ['hush-6'] },
    });
    assert.deepEqual(
      found.map(({ setting }) => setting),
      ['arguments', 'environment KEY', 'labels l'],
    );
    assert.doesNotMatch(JSON.stringify(found), /hush/);
  });

  it('takes the words that Podman has for a network of a name, for a container, and for a network of the user', () => {
    const network = (network: string, told: Partial<InspectedContainer>, version = '5.4.2') =>
      attest(
        { ...asked, network, networkDisabled: false },
        { ...made, networkDisabled: false, ...told },
        {
          engine: {
            kind: 'podman',
            version,
            info: { securityOptions: ['name=seccomp,profile=default'] } as unknown as EngineInfo,
          },
        },
      ).map(({ setting }) => setting);
    const id = 'a'.repeat(64);
    assert.deepEqual(network('plugins', { network: 'bridge', networks: ['plugins'] }), []);
    assert.deepEqual(network('plugins', { network: 'bridge', networks: ['podman'] }), [
      'network',
      'networks',
    ]);
    assert.deepEqual(network('plugins', { network: 'bridge', networks: ['plugins', 'other'] }), ['networks']);
    assert.deepEqual(network('plugins', { network: 'host', networks: [] }), ['network']);
    assert.deepEqual(network('bridge', { network: 'bridge', networks: ['podman'] }), []);
    assert.deepEqual(network('private', { network: 'pasta' }), []);
    assert.deepEqual(network('private', { network: 'host' }), ['network']);
    assert.deepEqual(network('slirp4netns:mtu=1500', { network: 'slirp4netns' }), []);
    assert.deepEqual(network(`container:${id}`, { network: `container:${id}` }), []);
    assert.deepEqual(network(`container:${id}`, { network: `container:${'b'.repeat(64)}` }), ['network']);
    assert.deepEqual(network('container:other', { network: 'host' }), ['network']);
    const shareable = { network: 'none', ipcMode: 'shareable', networkDisabled: true };
    const ipc = (version: string) =>
      attest(
        { ...asked, ipcMode: 'private' },
        { ...made, ...shareable },
        {
          engine: {
            kind: 'podman',
            version,
            info: { securityOptions: ['name=seccomp'] } as unknown as EngineInfo,
          },
        },
      ).map(({ setting }) => setting);
    assert.deepEqual(ipc('4.3.1'), []);
    assert.deepEqual(ipc('5.4.2'), ['IPC namespace']);
  });

  it('takes what a kernel that counts no swap makes of a limit on it, and no other', () => {
    const swap = (memorySwapBytes: number, swapLimit: boolean) =>
      attest(
        { ...asked, memorySwapBytes: 64 << 20 },
        { ...made, memorySwapBytes },
        {
          engine: {
            kind: 'docker',
            version: '20.10.24',
            info: { securityOptions: ['name=seccomp'], swapLimit } as unknown as EngineInfo,
          },
        },
      ).map(({ setting }) => setting);
    assert.deepEqual(swap(-1, false), []);
    assert.deepEqual(swap(-1, true), ['memory and swap']);
    assert.deepEqual(swap(128 << 20, false), ['memory and swap']);
  });

  it('names an engine that leaves containers without a seccomp profile, and profiles that confine nothing', () => {
    const profiles = (securityOptions: string[], change: Partial<InspectedContainer> = {}, request = asked) =>
      attest(
        request,
        { ...made, ...change },
        {
          engine: { kind: 'docker', version: '28.5.2', info: { securityOptions } as unknown as EngineInfo },
        },
      ).map(({ setting }) => setting);
    const builtin = ['name=seccomp,profile=builtin'];
    assert.deepEqual(profiles(builtin), []);
    assert.deepEqual(profiles(['name=seccomp,profile=unconfined']), ['seccomp']);
    assert.deepEqual(profiles([]), ['seccomp']);
    const unconfined = { securityOpt: ['seccomp=unconfined'] };
    assert.deepEqual(profiles(builtin, unconfined), ['security options']);
    assert.deepEqual(profiles([], unconfined, { ...asked, seccomp: 'unconfined' }), []);
    assert.deepEqual(profiles([...builtin, 'name=apparmor'], { apparmorProfile: 'unconfined' }), [
      'AppArmor',
    ]);
    assert.deepEqual(profiles([...builtin, 'name=apparmor'], { apparmorProfile: 'docker-default' }), []);
    const selinux = [...builtin, 'name=selinux'];
    assert.deepEqual(profiles(selinux), ['SELinux label']);
    assert.deepEqual(profiles(selinux, { processLabel: 'system_u:system_r:container_t:s0:c1,c2' }), []);
    assert.deepEqual(profiles(selinux, { processLabel: 'system_u:system_r:spc_t:s0' }), ['SELinux label']);
  });

  it('names every loosened setting', () => {
    const loose: Partial<InspectedContainer> = {
      privileged: true,
      network: 'bridge',
      networkDisabled: false,
      readOnlyRootFilesystem: false,
      noNewPrivileges: false,
      groupAdd: [],
      memoryBytes: 0,
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
