/** What isolates a container, setting by setting: what a request leaves open, and what engines write in several ways. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CreateContainerOptions } from '../../src/engine/index.ts';
import { found, names, podman, type Told } from './attested-container.ts';

describe('what a request leaves open', () => {
  it('is the runtime, which the engine chooses', () => {
    assert.deepEqual(names({ runtime: undefined }, { runtime: 'anything' }), []);
    assert.deepEqual(names({ runtime: '/opt/a/runsc' }, { runtime: 'runsc' }), []);
  });

  it('is no right to write or not to write that nobody asked for', () => {
    const open = { readOnlyRootFilesystem: undefined };
    assert.deepEqual(names(open, { readOnlyRootFilesystem: false }), []);
    assert.deepEqual(names(open, { readOnlyRootFilesystem: true }), ['read-only root file system']);
  });

  it('is whether programs may gain rights', () => {
    for (const noNewPrivileges of [true, false])
      assert.deepEqual(names({ noNewPrivileges: undefined }, { noNewPrivileges }), []);
  });

  it('is the namespace for cgroups, but for that of the host', () => {
    for (const cgroupnsMode of ['', 'private']) assert.deepEqual(names({}, { cgroupnsMode }), []);
    assert.deepEqual(names({}, { cgroupnsMode: 'host' }), ['cgroup namespace']);
    assert.deepEqual(names({ cgroupnsMode: 'host' }, { cgroupnsMode: 'host' }), []);
    assert.deepEqual(names({ cgroupnsMode: 'private' }, { cgroupnsMode: '' }), ['cgroup namespace']);
  });

  it('is its own namespace for IPC, in every word for it', () => {
    for (const ipcMode of ['', 'shareable', 'none', 'private']) assert.deepEqual(names({}, { ipcMode }), []);
    for (const ipcMode of ['host', 'container:a'])
      assert.deepEqual(names({}, { ipcMode }), ['IPC namespace']);
    assert.deepEqual(names({ ipcMode: 'host' }, { ipcMode: 'host' }), []);
    assert.deepEqual(names({ ipcMode: 'host' }, { ipcMode: '' }), ['IPC namespace']);
  });

  it('are its own namespaces for processes and names, and users as the engine is set up', () => {
    assert.deepEqual(names({}, { pidMode: 'private', utsMode: 'private', usernsMode: 'private' }), []);
    assert.deepEqual(names({}, { pidMode: 'host' }), ['process namespace']);
    assert.deepEqual(names({}, { utsMode: 'host' }), ['UTS namespace']);
    assert.deepEqual(names({}, { usernsMode: 'host' }), ['user namespace']);
    assert.deepEqual(names({ usernsMode: 'host' }, {}), ['user namespace']);
    assert.deepEqual(names({ usernsMode: 'private' }, {}), []);
    // How ids are mapped, no engine reports.
    assert.deepEqual(names({ usernsMode: 'keep-id:uid=5,gid=5' }, { usernsMode: 'keep-id' }), []);
    assert.deepEqual(names({ usernsMode: 'keep-id' }, { usernsMode: 'nomap' }), ['user namespace']);
  });

  it('is nothing of what a Podman can add, and no namespace of another container', () => {
    assert.deepEqual(found({}, { extras: ['a secret'] }), [
      { setting: "Podman's own extras", asked: 'none', made: 'a secret' },
    ]);
    assert.deepEqual(names({}, { sharedWith: ['a volume of another'] }), ['shared with other containers']);
  });
});

describe('the namespace for IPC that a Podman calls shareable', () => {
  const shareable = { ipcMode: 'shareable' };
  it('is its own where the version has no other word', () => {
    const wanted = { ipcMode: 'private' };
    assert.deepEqual(names(wanted, shareable, podman({ version: '4.9.5' })), []);
    assert.deepEqual(names(wanted, shareable, podman({ version: '5.0.0' })), ['IPC namespace']);
    assert.deepEqual(names(wanted, shareable, { version: '4.9.5' }), ['IPC namespace']);
    const known = { boundingCaps: ['IPC_LOCK'], effectiveCaps: [] };
    assert.deepEqual(names(wanted, { ...shareable, ...known }), [], 'a Podman of which no version is known');
    assert.deepEqual(names({ ipcMode: 'host' }, shareable, podman({ version: '4.9.5' })), ['IPC namespace']);
    assert.deepEqual(names({ ipcMode: 'none' }, shareable, podman({ version: '4.9.5' })), ['IPC namespace']);
  });
});

describe('capabilities', () => {
  it('are those that the request drops and adds, where an engine tells both', () => {
    const some = { capDrop: ['CHOWN', 'CAP_KILL'], capAdd: ['CAP_IPC_LOCK'] };
    assert.deepEqual(names(some, { capDrop: ['CAP_CHOWN', 'KILL'], capAdd: ['IPC_LOCK'] }), []);
    assert.deepEqual(names(some, { capDrop: ['CHOWN'], capAdd: ['IPC_LOCK'] }), ['dropped capabilities']);
    assert.deepEqual(names(some, { capDrop: ['CHOWN', 'KILL'], capAdd: [] }), ['capabilities']);
    assert.deepEqual(names({ capDrop: undefined, capAdd: undefined }, { capDrop: [], capAdd: [] }), []);
  });

  it('are those that result, where all are dropped and a Podman tells the result', () => {
    const result = (boundingCaps: string[], effectiveCaps: string[], capAdd: string[] = []) =>
      found({}, { boundingCaps, effectiveCaps, capAdd, capDrop: [] });
    assert.deepEqual(result(['IPC_LOCK'], ['CAP_IPC_LOCK']), []);
    assert.deepEqual(result(['IPC_LOCK'], []), []);
    const more = { setting: 'effective capabilities', asked: 'none that was not asked for' };
    assert.deepEqual(result(['IPC_LOCK'], ['SYS_ADMIN', 'CAP_CHOWN', 'IPC_LOCK'], ['SYS_ADMIN']), [
      { ...more, made: 'CHOWN, SYS_ADMIN' },
    ]);
    assert.deepEqual(result(['IPC_LOCK'], [], ['SYS_ADMIN']), [{ ...more, made: 'SYS_ADMIN' }]);
    assert.deepEqual(names({}, { boundingCaps: ['IPC_LOCK'], effectiveCaps: undefined }), []);
  });

  it('are the defaults of a Podman where not all are dropped', () => {
    const kept = { boundingCaps: ['CHOWN', 'KILL', 'IPC_LOCK'], effectiveCaps: ['CHOWN', 'KILL'] };
    assert.deepEqual(names({ capDrop: ['NET_RAW'] }, kept), []);
    assert.deepEqual(names({ capDrop: undefined }, kept), []);
  });

  it('may be all of them only where all were asked for', () => {
    const all = { boundingCaps: ['ALL'], effectiveCaps: ['SYS_ADMIN'], capAdd: [] };
    assert.deepEqual(names({ capAdd: ['ALL'] }, all), []);
    assert.deepEqual(names({ capAdd: [] }, all), ['capabilities', 'effective capabilities']);
  });
});

describe('security options', () => {
  const told = (...securityOpt: string[]) => ({ securityOpt });

  it('are the same with a colon and with an equals sign', () => {
    const label = { selinuxLabel: 'disable' } as const;
    for (const option of ['label=disable', 'label:disable']) {
      assert.deepEqual(names(label, told(option), {}), []);
      assert.deepEqual(names({}, told(option), {}), ['security options']);
    }
    assert.deepEqual(names({ seccomp: '/a:b' }, told('seccomp:/a:b'), {}), []);
  });

  it('leave out what says that no rights can be gained, and nothing that resembles it', () => {
    for (const option of ['no-new-privileges', 'no-new-privileges=true', 'no-new-privileges=false'])
      assert.deepEqual(names({}, told(option), {}), [], option);
    for (const option of ['no-new-privileges=maybe', 'xno-new-privileges', 'apparmor=unconfined'])
      assert.deepEqual(names({}, told(option), {}), ['security options'], option);
  });

  it('have a label for SELinux where it was asked for, which a Podman may tell elsewhere', () => {
    const label = { selinuxLabel: 'disable' } as const;
    assert.deepEqual(names(label, told(), {}), ['security options']);
    assert.deepEqual(names(label, told(), podman()), []);
    assert.deepEqual(names(label, told('label=disable'), podman()), []);
    assert.deepEqual(names(label, told('label=type:spc_t'), podman()), ['security options']);
  });

  it('have the profile that was asked for, shortened where it is told', () => {
    const profile = (length: number) => 'x'.repeat(length - 'seccomp='.length);
    const sides = (length: number) =>
      found({ seccomp: profile(length) }, told(`seccomp=${profile(length)}y`), {}).map((each) => [
        each.asked,
        each.made,
      ]);
    assert.deepEqual(sides(59), [[`seccomp=${profile(59)}`, `seccomp=${profile(59)}y`]]);
    assert.deepEqual(sides(60), [[`seccomp=${profile(60)}`, `seccomp=${profile(60)}…`]]);
    assert.deepEqual(names({ seccomp: '/a' }, told(), podman()), ['security options']);
    assert.deepEqual(names({ seccomp: '/a' }, told('seccomp=/a'), podman()), []);
  });

  it('may lack the word for no profile on a Podman alone', () => {
    const none = { seccomp: 'unconfined' };
    assert.deepEqual(names(none, told(), podman()), []);
    assert.deepEqual(names(none, told('label=seccomp:a'), podman()), ['security options']);
    assert.deepEqual(names(none, told('seccomp:unconfined'), podman()), []);
    assert.deepEqual(names(none, told(), {}), ['security options']);
  });
});

describe('the profile of AppArmor', () => {
  const apparmor = { securityOptions: ['name=apparmor'] };
  const profile = (apparmorProfile: string, engine: Told) => names({}, { apparmorProfile }, engine);

  it('is the default one, or not named yet', () => {
    for (const engine of [{}, apparmor, podman(), podman({ ...apparmor, rootless: true })]) {
      for (const name of [
        '',
        'docker-default',
        'docker-default (enforce)',
        'containers-default-0.62.2',
        'containers-default-0.50.1+a~b',
      ])
        assert.deepEqual(profile(name, engine), [], name);
      for (const name of [
        'unconfined',
        'docker-default (complain)',
        'docker-default2',
        'containers-default-',
        'containers-default-x',
        'my-containers-default-1',
      ])
        assert.deepEqual(profile(name, engine), ['AppArmor'], name);
    }
  });

  it('is named at once by a Podman of root on a host that has it', () => {
    const engine = podman(apparmor);
    assert.deepEqual(profile('', engine), ['AppArmor']);
    assert.deepEqual(profile('other', engine), ['AppArmor']);
    assert.deepEqual(profile('containers-default-0.62.2 (enforce)', engine), []);
    assert.deepEqual(profile('', podman({ securityOptions: ['name=apparmorless'] })), []);
  });
});

describe('the label of SELinux', () => {
  const selinux = { securityOptions: ['name=selinux'] };
  const label = (type: string) => `system_u:system_r:${type}:s0:c1,c2`;
  const told = (processLabel: string, engine?: Told, request: Partial<CreateContainerOptions> = {}) =>
    found(request, { processLabel }, engine).map(({ asked: wanted, made: given }) => [wanted, given]);

  it('has a type that confines, where the engine sets labels', () => {
    for (const type of ['container_t', 'container_kvm_t', 'container_init_t', 'svirt_t', 'svirt_lxc_net_t'])
      for (const name of ['name=selinux', 'name=selinux,mode=enforcing'])
        assert.deepEqual(told(label(type), { securityOptions: [name] }), [], type);
    for (const type of ['spc_t', 'container_runtime_t', 'xcontainer_t', 'container_t2', 'svirt'])
      assert.deepEqual(told(label(type), selinux), [['a confined type', type]]);
    assert.deepEqual(told('', selinux), [['a confined type', 'none']]);
    assert.deepEqual(told('system_u:system_r', selinux), [
      ['a confined type', 'the label system_u:system_r'],
    ]);
  });

  it('is none elsewhere', () => {
    assert.deepEqual(told('', {}), []);
    assert.deepEqual(told(label('container_t'), {}), [['none', 'a confined type']]);
    assert.deepEqual(told(label('spc_t'), {}), [['none', 'spc_t']]);
    for (const name of ['name=selinuxless', 'my-name=selinux,mode=enforcing'])
      assert.deepEqual(told('', { securityOptions: [name] }), []);
  });

  it('is none where it was asked for none', () => {
    const without = { selinuxLabel: 'disable' } as const;
    const engine = podman(selinux);
    assert.deepEqual(told('', engine, without), []);
    assert.deepEqual(told(label('container_t'), engine, without), [['none', 'a confined type']]);
  });

  it('may be one that confines where nothing is known of the engine', () => {
    assert.deepEqual(told(label('container_t')), []);
    assert.deepEqual(told(label('spc_t')), [['none', 'spc_t']]);
  });
});

describe('the paths of the kernel that are hidden', () => {
  const masked = [
    '/proc/kcore',
    '/proc/keys',
    '/proc/timer_list',
    '/proc/sched_debug',
    '/proc/scsi',
    '/sys/firmware',
  ];
  const readonly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

  it('are all that have to be, and may be more', () => {
    assert.deepEqual(names({}, { maskedPaths: masked, readonlyPaths: readonly }), []);
    const more = { maskedPaths: [...masked, '/proc/acpi'], readonlyPaths: [...readonly, '/proc/x'] };
    assert.deepEqual(names({}, more), []);
    for (const path of masked)
      assert.deepEqual(found({}, { maskedPaths: masked.filter((each) => each !== path) }), [
        { setting: 'masked paths', asked: 'all that have to be', made: `all but ${path}` },
      ]);
    for (const path of readonly)
      assert.deepEqual(names({}, { readonlyPaths: readonly.filter((each) => each !== path) }), [
        'read-only paths',
      ]);
  });
});
