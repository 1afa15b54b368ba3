import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRequest, type CreateRequestParts } from '../../src/container/create-request.ts';

const parts: CreateRequestParts = {
  name: 'bulkhead-1',
  imageId: 'sha256:1',
  options: { image: 'localhost/kv:1' },
  strategy: {
    recipe: 'unused-group',
    runtime: 'runsc',
    service: 'given',
    directory: { mode: 0o770, gid: 64999 },
    socketGid: 64999,
    groups: ['64999'],
    capabilities: [],
    noNewPrivileges: true,
    ulimits: [],
    pidsLimit: 512,
    proveGvisor: true,
  },
  pluginFolder: '/tmp/bulkhead-x',
  environment: { KV_COOKIE: 'hello', PLUGIN_PROTOCOL_VERSIONS: '1' },
  labels: { 'io.bulkhead.host': 'h' },
};

describe('the create request', () => {
  it('denies what was not asked for', () => {
    assert.deepEqual(createRequest(parts), {
      name: 'bulkhead-1',
      image: 'sha256:1',
      env: {
        KV_COOKIE: 'hello',
        PLUGIN_PROTOCOL_VERSIONS: '1',
        PLUGIN_UNIX_SOCKET_DIR: '/run/bulkhead',
        PLUGIN_UNIX_SOCKET_GROUP: '64999',
      },
      labels: { 'io.bulkhead.host': 'h' },
      runtime: 'runsc',
      network: 'none',
      networkDisabled: true,
      ipcMode: 'private',
      shmSize: 64 << 20,
      cgroupnsMode: 'private',
      capDrop: ['ALL'],
      capAdd: [],
      noNewPrivileges: true,
      readOnlyRootFilesystem: true,
      groupAdd: ['64999'],
      mounts: [
        {
          type: 'bind',
          source: '/tmp/bulkhead-x',
          target: '/run/bulkhead',
          readOnly: false,
          propagation: 'rprivate',
        },
      ],
      pidsLimit: 512,
      logDriver: 'none',
      openStdin: false,
      tty: false,
      noHealthcheck: true,
      restartPolicy: { name: 'no' },
    });
  });

  it('loosens only what the options and the strategy name', () => {
    const request = createRequest({
      ...parts,
      strategy: {
        ...parts.strategy,
        user: '65532:64999',
        groups: ['64999', '65532'],
        capabilities: ['IPC_LOCK'],
        noNewPrivileges: false,
        ulimits: [{ name: 'memlock', soft: 1 << 20, hard: 1 << 20 }],
        memoryBytes: 64 << 20,
        network: 'bridge',
        readOnlyRootFilesystem: false,
        tmpfs: [{ path: '/data', sizeBytes: 1 << 20 }],
        workingDirectory: '/data',
      },
    });
    assert.deepEqual(request.capAdd, ['IPC_LOCK']);
    assert.equal(request.user, '65532:64999');
    assert.deepEqual(request.groupAdd, ['64999', '65532']);
    assert.deepEqual(request.ulimits, [{ name: 'memlock', soft: 1 << 20, hard: 1 << 20 }]);
    assert.equal(request.memoryBytes, 64 << 20);
    assert.equal(request.memorySwapBytes, 64 << 20);
    assert.equal(request.network, 'bridge');
    assert.equal(request.readOnlyRootFilesystem, false);
    assert.equal(request.noNewPrivileges, false);
    assert.equal(request.workingDirectory, '/data');
    assert.deepEqual(request.mounts?.[1], {
      type: 'tmpfs',
      target: '/data',
      sizeBytes: 1 << 20,
      mode: 0o1777,
    });
  });

  it('sets the limits that a strategy needs over those of the caller', () => {
    const strategy = { ...parts.strategy, ulimits: [{ name: 'memlock' as const, soft: 8, hard: 8 }] };
    const nofile = { name: 'nofile', soft: 1, hard: 2 };
    const options = { image: 'localhost/kv:1', ulimits: [{ name: 'memlock', soft: -1, hard: -1 }, nofile] };
    assert.deepEqual(createRequest({ ...parts, strategy, options }).ulimits, [
      { name: 'memlock', soft: 8, hard: 8 },
      nofile,
    ]);
  });

  it('gives every tmpfs a size, and what is in it no right to be executed, unless told otherwise', () => {
    const tmpfs = [
      { path: '/a' },
      { path: '/b', sizeBytes: 'unlimited' as const },
      { path: '/c', exec: true, mode: 0o700 },
    ];
    const strategy = { ...parts.strategy, tmpfs };
    const of = (target: string, more: object) => ({ type: 'tmpfs', target, mode: 0o1777, ...more });
    assert.deepEqual(createRequest({ ...parts, strategy }).mounts?.slice(1), [
      of('/a', { sizeBytes: 64 << 20 }),
      of('/b', {}),
      of('/c', { sizeBytes: 64 << 20, mode: 0o700, noExec: false }),
    ]);
  });

  it('shares the cgroup namespace of the engine only where it has none to give', () => {
    const strategy = { ...parts.strategy, sharesCgroupNamespace: true };
    assert.equal(createRequest({ ...parts, strategy }).cgroupnsMode, undefined);
  });

  it('keeps the names that the protocol needs from being set by the caller', () => {
    for (const name of ['PLUGIN_CLIENT_CERT', 'PLUGIN_UNIX_SOCKET_DIR', 'KV_COOKIE', '', 'A=B', 'A\0']) {
      const options = { image: 'localhost/kv:1', env: { [name]: 'secret-value' } };
      assert.throws(
        () => createRequest({ ...parts, options }),
        (error: Error) => error.message.startsWith('env:') && !error.message.includes('secret-value'),
        name,
      );
    }
  });

  it('lets our own labels win over those of the caller', () => {
    const options = { image: 'localhost/kv:1', labels: { 'io.bulkhead.host': 'forged', team: 'a' } };
    assert.deepEqual(createRequest({ ...parts, options }).labels, { 'io.bulkhead.host': 'h', team: 'a' });
  });

  it('has the words of the caller, and none where none were given', () => {
    const words = (options: object) => {
      const { entrypoint, cmd } = createRequest({
        ...parts,
        options: { image: 'localhost/kv:1', ...options },
      });
      return { entrypoint, cmd };
    };
    const given = { entrypoint: ['/plugin', 'serve'], args: ['-v'] };
    assert.deepEqual(words(given), { entrypoint: ['/plugin', 'serve'], cmd: ['-v'] });
    assert.deepEqual(words({}), { entrypoint: undefined, cmd: undefined });
    assert.deepEqual(words({ args: [] }), { entrypoint: undefined, cmd: undefined });
    assert.equal('cmd' in createRequest(parts), false, 'what is not asked for is left out');
  });

  it('has the variables of the caller, and takes away those of the image that it may not set', () => {
    const options = { image: 'localhost/kv:1', env: { A: '1', MY_PLUGIN_X: '2', EMPTY: '' } };
    const strategy = { ...parts.strategy, blankVariables: ['PLUGIN_CLIENT_CERT', 'A'] };
    assert.deepEqual(createRequest({ ...parts, options, strategy }).env, {
      ...createRequest(parts).env,
      ...{ PLUGIN_CLIENT_CERT: '', A: '1', MY_PLUGIN_X: '2', EMPTY: '' },
    });
  });

  it('labels the folder for SELinux, or the container, as the strategy says', () => {
    const of = (selinux: NonNullable<CreateRequestParts['strategy']['selinux']>) => {
      const { selinuxLabel, mounts } = createRequest({ ...parts, strategy: { ...parts.strategy, selinux } });
      const [folder] = mounts ?? [];
      return { selinuxLabel, relabel: folder?.type === 'bind' ? folder.relabel : undefined };
    };
    const plain = { label: 'confined', relabel: false } as const;
    assert.deepEqual(of(plain as never), { selinuxLabel: undefined, relabel: undefined });
    assert.deepEqual(of({ ...plain, relabel: true } as never), {
      selinuxLabel: undefined,
      relabel: 'private',
    });
    assert.deepEqual(of({ ...plain, label: 'disabled' } as never), {
      selinuxLabel: 'disable',
      relabel: undefined,
    });
  });

  it('puts memory where the image has a volume, in place of a tmpfs there', () => {
    const strategy = {
      ...parts.strategy,
      volumes: [{ path: '/data', sizeBytes: 5 }],
      tmpfs: [{ path: '/data/', sizeBytes: 6 }, { path: '/other' }],
    };
    assert.deepEqual(createRequest({ ...parts, strategy }).mounts?.slice(1), [
      { type: 'tmpfs', target: '/other', sizeBytes: 64 << 20, mode: 0o1777 },
      { type: 'tmpfs', target: '/data', sizeBytes: 5, mode: 0o1777, replacesVolume: true },
    ]);
  });

  it('passes on what neither this program nor the strategy decides', () => {
    const strategy = {
      ...parts.strategy,
      ...{ cpuNanos: 5, cgroupParent: '/plugins', seccomp: 'unconfined' as const },
      ...{ stopSignal: 'SIGTERM', annotations: { a: 'b' } },
    };
    const { cpuNanos, cgroupParent, seccomp, stopSignal, annotations } = createRequest({
      ...parts,
      strategy,
    });
    assert.deepEqual(
      { cpuNanos, cgroupParent, seccomp, stopSignal, annotations },
      {
        ...{ cpuNanos: 5, cgroupParent: '/plugins', seccomp: 'unconfined' },
        ...{ stopSignal: 'SIGTERM', annotations: { a: 'b' } },
      },
    );
  });
});
