import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectEngine, InvalidOptionError, type CreateContainerOptions } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';
import { everyOption } from './support/every-option.ts';

const timeout = 20_000;

describe('the body of a create request', { timeout }, () => {
  test('carries every option to Docker', async () => {
    assert.deepEqual(await bodyOf('docker', everyOption), {
      Image: 'localhost/web:1',
      Entrypoint: ['/bin/web'],
      Cmd: ['--port', '1'],
      Env: ['A=b=c', 'EMPTY='],
      Labels: { l: '1' },
      User: '1000:1000',
      WorkingDir: '/work',
      Hostname: 'host',
      Tty: false,
      OpenStdin: true,
      StdinOnce: true,
      NetworkDisabled: false,
      StopSignal: 'SIGINT',
      StopTimeout: 3,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        Runtime: 'crun',
        NetworkMode: 'net',
        CapAdd: ['IPC_LOCK'],
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges=true', 'seccomp=unconfined'],
        ReadonlyRootfs: true,
        Mounts: [
          {
            Type: 'bind',
            Source: '/a,b',
            Target: '/c',
            ReadOnly: true,
            BindOptions: { Propagation: 'rslave' },
          },
          {
            Type: 'bind',
            Source: '/d',
            Target: '/e',
            ReadOnly: false,
            BindOptions: { Propagation: 'rprivate' },
          },
        ],
        Tmpfs: {
          '/tmp': 'rw,nosuid,nodev,noexec,size=1024,mode=0700',
          '/run': 'rw,nosuid,nodev,exec,mode=1777',
        },
        Memory: 67_108_864,
        MemorySwap: -1,
        NanoCpus: 1_500_000_000,
        PidsLimit: 64,
        Ulimits: [{ Name: 'nofile', Soft: 5, Hard: 6 }],
        GroupAdd: ['4242'],
        CgroupParent: '/parent',
        IpcMode: 'private',
        ShmSize: 1_048_576,
        CgroupnsMode: 'private',
        UsernsMode: 'host',
        OomScoreAdj: 100,
        Init: true,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', path: '/log', tag: 't' } },
        Annotations: { 'a.b': 'c' },
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
      },
    });
  });

  test('carries every option to Podman', async () => {
    assert.deepEqual(await bodyOf('podman', { ...everyOption, usernsMode: 'keep-id:uid=1,gid=2' }), {
      name: 'web',
      image: 'localhost/web:1',
      entrypoint: ['/bin/web'],
      command: ['--port', '1'],
      env: { A: 'b=c', EMPTY: '' },
      labels: { l: '1' },
      user: '1000:1000',
      groups: ['4242'],
      work_dir: '/work',
      create_working_dir: true,
      hostname: 'host',
      terminal: false,
      stdin: true,
      stop_signal: 2,
      stop_timeout: 3,
      healthconfig: { Test: ['NONE'] },
      systemd: 'false',
      oci_runtime: 'crun',
      netns: { nsmode: 'bridge' },
      Networks: { net: {} },
      ipcns: { nsmode: 'private' },
      shm_size: 1_048_576,
      cgroupns: { nsmode: 'private' },
      userns: { nsmode: 'keep-id', value: 'uid=1,gid=2' },
      cap_add: ['IPC_LOCK'],
      cap_drop: ['ALL'],
      no_new_privileges: true,
      seccomp_profile_path: 'unconfined',
      read_only_filesystem: true,
      mounts: [
        { type: 'bind', source: '/a,b', destination: '/c', options: ['rbind', 'ro', 'rslave'] },
        { type: 'bind', source: '/d', destination: '/e', options: ['rbind', 'rw', 'rprivate'] },
        {
          type: 'tmpfs',
          source: 'tmpfs',
          destination: '/tmp',
          options: ['rw', 'nosuid', 'nodev', 'noexec', 'size=1024', 'mode=0700', 'notmpcopyup'],
        },
        {
          type: 'tmpfs',
          source: 'tmpfs',
          destination: '/run',
          options: ['rw', 'nosuid', 'nodev', 'exec', 'mode=1777', 'notmpcopyup'],
        },
      ],
      resource_limits: {
        memory: { limit: 67_108_864, swap: -1 },
        cpu: { period: 100_000, quota: 150_000 },
        pids: { limit: 64 },
      },
      r_limits: [{ type: 'nofile', soft: 5, hard: 6 }],
      oom_score_adj: 100,
      cgroup_parent: '/parent',
      init: true,
      log_configuration: { driver: 'json-file', size: 10 * 1024 * 1024, path: '/log', options: { tag: 't' } },
      annotations: { 'a.b': 'c' },
      restart_policy: 'on-failure',
      restart_tries: 2,
    });
  });

  test('names Podman its kinds of network and namespace', async () => {
    const netns = async (network: string) => {
      const { netns, Networks } = (await bodyOf('podman', { image: 'web', network })) as Record<
        string,
        unknown
      >;
      return [netns, Networks];
    };
    assert.deepEqual(await netns('none'), [{ nsmode: 'none' }, undefined]);
    assert.deepEqual(await netns('host'), [{ nsmode: 'host' }, undefined]);
    assert.deepEqual(await netns('container:abc'), [{ nsmode: 'container', value: 'abc' }, undefined]);
    assert.deepEqual(await netns('default'), [undefined, undefined]);
  });

  test('says to each engine in its words that there is to be no network', async () => {
    const disabled = { image: 'web', networkDisabled: true };
    assert.deepEqual(await bodyOf('docker', disabled), {
      Image: 'web',
      NetworkDisabled: true,
      HostConfig: { Tmpfs: {} },
    });
    const { netns } = (await bodyOf('podman', disabled)) as Record<string, unknown>;
    assert.deepEqual(netns, { nsmode: 'none' });
    await assert.rejects(bodyOf('docker', { ...disabled, network: 'host' }), InvalidOptionError);
  });

  test('asks each engine in its words for no SELinux label, and for a relabelled folder', async () => {
    const bind = { type: 'bind', source: '/s', target: '/t' } as const;
    const asked = {
      image: 'web',
      selinuxLabel: 'disable',
      mounts: [
        { ...bind, relabel: 'private' },
        { ...bind, target: '/u', readOnly: true, relabel: 'shared' },
      ],
    } as const;
    assert.deepEqual(await bodyOf('docker', asked), {
      Image: 'web',
      HostConfig: {
        SecurityOpt: ['label=disable'],
        Mounts: [],
        Binds: ['/s:/t:rw,rprivate,Z', '/s:/u:ro,rprivate,z'],
        Tmpfs: {},
      },
    });
    const { selinux_opts: options, mounts } = (await bodyOf('podman', asked)) as Record<string, unknown>;
    assert.deepEqual(options, ['disable']);
    assert.deepEqual(mounts, [
      { type: 'bind', source: '/s', destination: '/t', options: ['rbind', 'rw', 'rprivate', 'Z'] },
      { type: 'bind', source: '/s', destination: '/u', options: ['rbind', 'ro', 'rprivate', 'z'] },
    ]);
    const colon = { image: 'web', mounts: [{ ...bind, source: '/a:b', relabel: 'private' }] } as const;
    await assert.rejects(bodyOf('docker', colon), { code: 'ENGINE_UNSUPPORTED' });
    await bodyOf('podman', colon);
  });

  const wrong: readonly (readonly [string, object])[] = [
    ['image', {}],
    ['image', { image: '' }],
    ['name', { image: 'w', name: '-web' }],
    ['env.A=B', { image: 'w', env: { 'A=B': 'c' } }],
    ['env.A', { image: 'w', env: { A: 'b\0' } }],
    ['env.A', { image: 'w', env: { A: 1 } }],
    ['workingDirectory', { image: 'w', workingDirectory: 'relative' }],
    ['mounts[0].source', { image: 'w', mounts: [{ type: 'bind', source: 'relative', target: '/x' }] }],
    ['selinuxLabel', { image: 'w', selinuxLabel: 'type:spc_t' }],
    ['mounts[0]', { image: 'w', mounts: [{ type: 'bind', source: '/s', target: '/x', relabel: 'z' }] }],
    ['mounts[0]', { image: 'w', mounts: [{ type: 'volume', source: 'v', target: '/x' }] }],
    [
      'mounts',
      {
        image: 'w',
        mounts: [
          { type: 'tmpfs', target: '/x' },
          { type: 'tmpfs', target: '/x' },
        ],
      },
    ],
    ['ulimits[0]', { image: 'w', ulimits: [{ name: 'nofile', soft: 2, hard: 1 }] }],
    ['ulimits[0].name', { image: 'w', ulimits: [{ name: 'RLIMIT_NOFILE', soft: 1, hard: 1 }] }],
    ['capAdd[0]', { image: 'w', capAdd: ['ipc lock'] }],
    ['memoryBytes', { image: 'w', memoryBytes: 1.5 }],
    ['oomScoreAdj', { image: 'w', oomScoreAdj: 1001 }],
    ['restartPolicy', { image: 'w', restartPolicy: { name: 'always', maximumRetryCount: 1 } }],
    ['restartPolicy.times', { image: 'w', restartPolicy: { name: 'always', times: 1 } }],
    ['platform', { image: 'w', platform: 'linux' }],
    ['Image', { image: 'w', Image: 'w' }],
  ];
  for (const [option, options] of wrong) {
    test(`is not sent when ${option} is wrong: ${JSON.stringify(options)}`, async () => {
      for (const kind of ['docker', 'podman'] as const) {
        await using server = await startRecordingServer({ kind });
        await using engine = await connectEngine({ socketPath: server.socketPath });
        await assert.rejects(engine.containers.create(options as never), (error) => {
          assert.ok(error instanceof InvalidOptionError, String(error));
          assert.equal(error.option, option);
          return true;
        });
        assert.deepEqual(server.requests, []);
      }
    });
  }
});

async function bodyOf(kind: 'docker' | 'podman', options: CreateContainerOptions): Promise<unknown> {
  const answer = () => ({ status: 201, body: { Id: '1', Warnings: null } });
  await using server = await startRecordingServer({ kind, answer });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  assert.deepEqual(await engine.containers.create(options), { id: '1', warnings: [] });
  return server.requests.at(-1)?.json;
}
