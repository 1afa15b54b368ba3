/** What follows from the facts, rule by rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, known, rules, unknown, type RuntimeFacts } from '../../src/compatibility/index.ts';
import { unusedGroupId } from '../../src/compatibility/group-ids.ts';
import {
  docker,
  fact,
  facts,
  host,
  image,
  lockingProgram,
  podman,
  program,
  rootlessDocker,
  rulesOf,
  runtime,
  sandboxArguments,
  strategyOf,
  user,
} from './made-facts.ts';

const runsc = { runtime: 'runsc' };
const runc = { runtime: 'runc' };
const withRunsc = (changes: Partial<RuntimeFacts>) => ({
  runsc: { ...runtime('runsc', sandboxArguments), ...changes },
});

describe('the socket is shared', () => {
  it('through a group that nobody uses when a root host uses a rootful engine', () => {
    const { recipe, directory, socketGid, groups, user: asked } = strategyOf(facts(), runc);
    assert.equal(recipe, 'unused-group');
    assert.deepEqual(directory, { mode: 0o770, gid: 64999 });
    assert.equal(socketGid, 64999);
    assert.deepEqual(groups, ['64999']);
    assert.equal(asked, undefined);
  });

  it('under runsc with that group as the primary one of a plugin that is not root, and its own beside it', () => {
    const { user: asked, groups } = strategyOf(facts(), runsc);
    assert.equal(asked, '65532:64999');
    assert.deepEqual(groups, ['64999', '65532']);
    assert.equal(strategyOf(facts({ image: image({ user: '' }) }), runsc).user, undefined);
  });

  it("through the host's own group when an ordinary user uses a rootful engine", () => {
    const { recipe, directory, socketGid } = strategyOf(facts({ host: user() }), runc);
    assert.equal(recipe, 'host-group');
    assert.deepEqual(directory, { mode: 0o770, defaultAclUid: undefined });
    assert.equal(socketGid, 1001);
  });

  it("through container group 0, the engine user's own group, when the engine is rootless", () => {
    const { recipe, directory, socketGid, groups } = strategyOf(
      facts({ host: user(), engine: rootlessDocker() }),
      runc,
    );
    assert.equal(recipe, 'rootless-group');
    assert.equal(directory.owner, undefined);
    assert.equal(socketGid, 0);
    assert.deepEqual(groups, ['0']);
  });

  it("by giving the directory to the engine's user when a root host uses a rootless engine", () => {
    const { directory } = strategyOf(facts({ engine: rootlessDocker() }), runsc);
    assert.deepEqual(directory.owner, { uid: 1001, gid: 1001 });
    assert.equal(directory.defaultAclUid, undefined);
  });

  it('with a default ACL where runsc leaves the socket with a group that is not ours', () => {
    const rootless = facts({ host: user(), engine: rootlessDocker() });
    assert.equal(strategyOf(facts({ host: user() }), runsc).directory.defaultAclUid, 1001);
    assert.equal(strategyOf(rootless, runsc).directory.defaultAclUid, 1001);
    const asRoot = { ...rootless, image: image({ user: '' }) };
    assert.equal(strategyOf(asRoot, runsc).directory.defaultAclUid, undefined);
    assert.equal(strategyOf(asRoot, { ...runsc, user: '1000:1000' }).directory.defaultAclUid, 1001);
  });

  it('with userns-remap through a group of the user namespace', () => {
    const ids = [{ containerId: 0, hostId: 100000, size: 65536 }];
    const engine = docker({ remapped: fact(true), idMaps: fact({ uids: ids, gids: ids }) });
    const { recipe, directory, groups } = strategyOf(facts({ engine }), runc);
    assert.equal(recipe, 'remapped-group');
    assert.equal(directory.gid, 164999);
    assert.deepEqual(groups, ['64999']);
    assert.deepEqual(rulesOf(facts({ engine }), runsc), ['remapped-socket']);
    assert.deepEqual(rulesOf(facts({ engine, host: user() }), runc), ['remapped-socket']);
  });
});

describe('memory is locked', () => {
  const mlock = { runtime: 'runc', mlock: true };
  const asRoot = image({ user: '' });
  const locking = image({ program: fact(lockingProgram) });

  it('with IPC_LOCK and nothing else where container root is root on the host', () => {
    const { capabilities, ulimits, noNewPrivileges } = strategyOf(facts({ image: asRoot }), mlock);
    assert.deepEqual([capabilities, ulimits, noNewPrivileges], [['IPC_LOCK'], [], true]);
  });

  it('with IPC_LOCK for every user on Podman', () => {
    assert.deepEqual(strategyOf(facts({ engine: podman('runc') }), mlock).capabilities, ['IPC_LOCK']);
  });

  it('on Docker for other users through the file capability, without no-new-privileges before Docker 23', () => {
    const onNew = strategyOf(facts({ image: locking }), mlock);
    assert.deepEqual([onNew.capabilities, onNew.noNewPrivileges], [['IPC_LOCK'], true]);
    const old = docker({ version: '20.10.24+dfsg1' });
    assert.equal(strategyOf(facts({ engine: old, image: locking }), mlock).noNewPrivileges, false);
    const insisting = { ...mlock, noNewPrivileges: true };
    assert.deepEqual(rulesOf(facts({ engine: old, image: locking }), insisting), ['no-new-privileges']);
  });

  it('on Docker for other users through the limit where the engine may lift it', () => {
    assert.deepEqual(rulesOf(facts(), mlock), ['mlock-program-capability']);
    const engine = docker({ memlock: fact({ soft: 65536, hard: 65536, mayRaise: true }) });
    const { capabilities, ulimits } = strategyOf(facts({ engine }), mlock);
    assert.deepEqual(capabilities, []);
    assert.deepEqual(ulimits, [{ name: 'memlock', soft: -1, hard: -1 }]);
  });

  it('in a user namespace only where the limit of the engine allows it', () => {
    const rootless = { host: user(), image: locking };
    const low = rootlessDocker();
    assert.deepEqual(rulesOf(facts({ ...rootless, engine: low }), mlock), ['mlock-limit']);
    const notInGo = (addressSpaceBytes?: number) => ({
      ...rootless,
      engine: low,
      image: image({ program: fact(program({ go: undefined })), addressSpaceBytes }),
    });
    assert.deepEqual(rulesOf(facts(notInGo()), mlock, 'unknown'), ['mlock-limit']);
    assert.deepEqual(rulesOf(facts(notInGo(2 ** 30)), mlock), ['mlock-limit']);
    assert.deepEqual(rulesOf(facts(notInGo(4096)), mlock, 'unknown'), ['mlock-limit']);
    const unlimited = rootlessDocker({
      memlock: fact({ soft: 8 << 20, hard: 'unlimited', mayRaise: false }),
    });
    const { ulimits } = strategyOf(facts({ ...rootless, engine: unlimited }), mlock);
    assert.deepEqual(ulimits, [{ name: 'memlock', soft: -1, hard: -1 }]);
    const unseen = rootlessDocker({ memlock: unknown('hidden') });
    assert.deepEqual(rulesOf(facts({ ...rootless, engine: unseen }), mlock, 'unknown'), ['mlock-limit']);
  });

  it('under gVisor through a limit that is the sandbox own, without any capability, and with a word on swap', () => {
    for (const engine of [docker(), rootlessDocker(), podman('runsc')]) {
      const verdict = judge(facts({ engine }), { ...runsc, mlock: true });
      assert.equal(verdict.status, 'works');
      assert.deepEqual(verdict.strategy.capabilities, []);
      assert.equal(verdict.strategy.ulimits[0]?.name, 'memlock');
      assert.ok(verdict.notes.some(({ rule }) => rule === 'mlock-sandbox'));
    }
  });
});

describe('file capabilities', () => {
  const locking = image({ program: fact(lockingProgram) });

  it('must be given, or the program can not be executed', () => {
    assert.deepEqual(rulesOf(facts({ image: locking }), runc), ['file-capability-granted']);
    assert.deepEqual(
      strategyOf(facts({ image: locking }), { ...runc, capAdd: ['cap_ipc_lock'] }).capabilities,
      ['IPC_LOCK'],
    );
  });

  it('matter under gVisor since 2024 for users other than root, and are unknown without its version', () => {
    const of = (version: RuntimeFacts['version']) =>
      facts({ image: locking, engine: docker({ runtimes: withRunsc({ version }) }) });
    strategyOf(of(fact('0.0~20221219.0')), runsc);
    assert.deepEqual(rulesOf(of(fact('release-20240729.0')), runsc), ['file-capability-granted']);
    strategyOf(of(fact('release-20240729.0')), { ...runsc, user: '0:0' });
    assert.deepEqual(rulesOf(of(fact('VERSION_MISSING')), runsc, 'unknown'), ['file-capability-granted']);
  });
});

describe('the number of processes', () => {
  it('is limited where the engine enforces it', () => {
    assert.equal(strategyOf(facts(), runc).pidsLimit, 512);
    assert.equal(strategyOf(facts(), { ...runc, pidsLimit: 20 }).pidsLimit, 20);
  });

  it('is not limited under runsc, whose own threads would count, nor where nothing enforces it', () => {
    assert.equal(strategyOf(facts(), runsc).pidsLimit, undefined);
    assert.equal(strategyOf(facts({ engine: rootlessDocker() }), runc).pidsLimit, undefined);
    assert.deepEqual(rulesOf(facts(), { ...runsc, pidsLimit: 20 }), ['pids-limit-gvisor']);
  });

  it("has Podman's own default taken away where there is no controller for it", () => {
    const engine = podman('crun', {
      cgroup: { version: '2', driver: 'cgroupfs', layout: fact('v2') },
      enforces: { memory: fact(false), cpu: fact(false), pids: fact(false) },
    });
    assert.equal(strategyOf(facts({ engine }), { runtime: 'crun' }).pidsLimit, 0);
  });
});

describe('a launch is refused', () => {
  const cases: readonly (readonly [string, () => string[], readonly string[]])[] = [
    [
      'when Docker does not have the runtime',
      () => rulesOf(facts(), { runtime: 'kata' }),
      ['runtime-present'],
    ],
    [
      'when Podman would silently run another runtime',
      () => rulesOf(facts({ engine: podman('crun') }), runsc),
      ['podman-runtime'],
    ],
    [
      "when the runtime's program is missing",
      () => rulesOf(facts({ engine: docker({ runtimes: withRunsc({ installed: fact(false) }) }) }), runsc),
      ['runtime-installed'],
    ],
    [
      'when the image is for another system or processor',
      () =>
        rulesOf(
          facts({ image: image({ os: 'windows', program: fact(program({ machine: 'arm64' })) }) }),
          runc,
        ),
      ['linux-only', 'image-architecture'],
    ],
    [
      'when the engine has no such image',
      () => rulesOf(facts({ image: { reference: 'a:1', absent: true } }), runc),
      ['image-present'],
    ],
    [
      'when a limit is asked for that would not be enforced',
      () => rulesOf(facts({ engine: rootlessDocker() }), { ...runc, memoryBytes: 64 << 20, pidsLimit: 20 }),
      ['limits-enforced'],
    ],
    [
      'when runsc would ignore the limit, whatever the engine says',
      () =>
        rulesOf(
          facts({
            engine: rootlessDocker({ enforces: { memory: fact(true), cpu: fact(true), pids: fact(true) } }),
          }),
          { ...runsc, memoryBytes: 64 << 20 },
        ),
      ['limits-enforced'],
    ],
    [
      'when there are not so many CPUs',
      () => rulesOf(facts(), { ...runc, cpuNanos: 5e9 }),
      ['limits-in-range'],
    ],
    [
      'when the rootless engine belongs to another ordinary user',
      () => rulesOf(facts({ host: user(1002), engine: rootlessDocker() }), runc),
      ['rootless-owner'],
    ],
    [
      'when it is not known whether the rootless engine belongs to this user',
      () => rulesOf(facts({ host: host({ uid: unknown('not looked at') }), engine: rootlessDocker() }), runc),
      ['rootless-owner'],
    ],
    [
      'when the ACL that runsc needs can not be set',
      () => rulesOf(facts({ host: { ...user(), setfacl: fact(false) } }), runsc),
      ['socket-acl'],
    ],
    [
      'when runsc keeps sockets to itself',
      () =>
        rulesOf(
          facts({
            engine: docker({
              runtimes: withRunsc({ args: fact(['--network=none']), version: fact('release-20221219.0') }),
            }),
          }),
          runsc,
        ),
      ['runsc-host-uds'],
    ],
    [
      'when runsc may not ignore cgroups on a rootless engine',
      () =>
        rulesOf(
          facts({
            engine: rootlessDocker({ runtimes: withRunsc({ args: fact(sandboxArguments.slice(0, 2)) }) }),
          }),
          runsc,
        ),
      ['runsc-ignore-cgroups'],
    ],
    [
      'when runsc puts an overlay over the socket',
      () =>
        rulesOf(
          facts({
            engine: docker({ runtimes: withRunsc({ args: fact([...sandboxArguments, '--overlay']) }) }),
          }),
          runsc,
        ),
      ['runsc-overlay'],
    ],
    [
      'when crun would refuse the cgroups of the host',
      () =>
        rulesOf(
          facts({ engine: docker({ cgroup: { version: '1', driver: 'cgroupfs', layout: fact('hybrid') } }) }),
          { runtime: 'crun' },
        ),
      ['crun-hybrid-cgroups'],
    ],
    [
      'when go-plugin is too old',
      () =>
        rulesOf(
          facts({
            image: image({ program: fact(program({ go: { goVersion: 'go1.20', goPlugin: 'v1.4.10' } })) }),
          }),
          runc,
        ),
      ['go-plugin-version'],
    ],
    [
      'when go-plugin is too old to multiplex the broker',
      () =>
        rulesOf(
          facts({
            image: image({ program: fact(program({ go: { goVersion: 'go1.20', goPlugin: 'v1.5.2' } })) }),
          }),
          {
            ...runc,
            brokerMultiplex: true,
          },
        ),
      ['go-plugin-version'],
    ],
    [
      'when the program is no plugin at all',
      () =>
        rulesOf(facts({ image: image({ program: fact(program({ go: { goVersion: 'go1.20' } })) }) }), runc),
      ['plugin-program'],
    ],
    [
      'when the program is not there, or can not be executed',
      () => [
        ...rulesOf(
          facts({
            image: image({ program: fact({ path: '/plugin', kind: 'missing', sizeBytes: 0, mode: 0 }) }),
          }),
          runc,
        ),
        ...rulesOf(facts({ image: image({ program: fact(program({ mode: 0o644 })) }) }), runc),
      ],
      ['entrypoint-program', 'entrypoint-program'],
    ],
    [
      'when the loader or a library of the program is missing',
      () => [
        ...rulesOf(
          facts({
            image: image({ program: fact(program({ interpreter: { path: '/lib/ld.so', present: false } })) }),
          }),
          runc,
        ),
        ...rulesOf(
          facts({
            image: image({
              program: fact(
                program({
                  interpreter: { path: '/lib/ld.so', present: true },
                  missingLibraries: ['libm.so.6'],
                }),
              ),
            }),
          }),
          runc,
        ),
      ],
      ['entrypoint-loader', 'entrypoint-loader'],
    ],
    [
      'when the image does not know its own user',
      () => rulesOf(facts({ image: image({ user: 'vault' }) }), runc),
      ['user-exists'],
    ],
    [
      'when the user can not exist in the user namespace',
      () => rulesOf(facts({ engine: rootlessDocker() }), { ...runc, user: '70000:70000' }),
      ['ids-mapped'],
    ],
    [
      'when the engine runs in a virtual machine',
      () => rulesOf(facts({ engine: docker({ sameKernel: fact(false) }) }), runc),
      ['local-engine'],
    ],
    [
      'when the engine does not see the socket folder',
      () => rulesOf(facts({ engine: docker({ seesSocketFolder: fact(false) }) }), runc),
      ['socket-folder-shared'],
    ],
    [
      'when the path of the socket would be too long',
      () =>
        rulesOf(
          facts({ host: host({ socketFolder: { ...host().socketFolder, path: `/${'x'.repeat(80)}` } }) }),
          runc,
        ),
      ['socket-path-length'],
    ],
    [
      'when somebody else could replace what is made in the socket folder',
      () =>
        rulesOf(
          facts({
            host: host({
              socketFolder: { ...host().socketFolder, changeable: fact('/srv is writable by everybody') },
            }),
          }),
          runc,
        ),
      ['socket-folder-trusted'],
    ],
    [
      'when the file system of the socket folder can hold no sockets',
      () =>
        rulesOf(
          facts({ host: host({ socketFolder: { ...host().socketFolder, fileSystem: fact('vfat') } }) }),
          runc,
        ),
      ['socket-file-system'],
    ],
    [
      "when another user's engine can not get to the socket folder",
      () =>
        rulesOf(
          facts({
            engine: rootlessDocker(),
            host: host({ socketFolder: { ...host().socketFolder, closedTo: fact('/root') } }),
          }),
          runc,
        ),
      ['socket-folder-reachable'],
    ],
    [
      'when the cgroup parent does not fit the driver',
      () => [
        ...rulesOf(
          facts({ engine: docker({ cgroup: { version: '2', driver: 'systemd', layout: fact('v2') } }) }),
          {
            ...runc,
            cgroupParent: '/plugins',
          },
        ),
        ...rulesOf(facts({ engine: podman('runc') }), { ...runc, cgroupParent: 'plugins.slice' }),
        ...rulesOf(facts({ engine: rootlessDocker() }), { ...runc, cgroupParent: '/plugins' }),
      ],
      ['cgroup-parent', 'cgroup-parent', 'cgroup-parent'],
    ],
    [
      'for every reason at once',
      () =>
        rulesOf(
          facts({ engine: rootlessDocker(), image: image({ architecture: 'arm64', program: unknown('x') }) }),
          { runtime: 'kata', memoryBytes: 1 },
        ),
      ['runtime-present', 'image-architecture', 'limits-enforced', 'limits-in-range', 'entrypoint-program'],
    ],
  ];
  for (const [name, refused, expected] of cases) {
    it(name, () => {
      assert.deepEqual(refused(), expected);
    });
  }
});

describe('a launch is unknown', () => {
  it('when the layers of the image could not be read', () => {
    const reason = unknown('the engine broke off');
    const unread = image({ accounts: reason, program: reason });
    assert.deepEqual(rulesOf(facts({ image: unread }), runc, 'unknown'), ['entrypoint-program']);
  });

  it('when nobody tells how runsc is run', () => {
    const engine = docker({
      runtimes: withRunsc({ args: unknown('a script'), version: unknown('a script') }),
    });
    const unseen = rulesOf(facts({ engine }), runsc, 'unknown');
    assert.deepEqual(unseen, ['runsc-host-uds', 'runsc-network', 'runsc-overlay']);
  });

  it('and refused, for a gVisor that takes every network namespace for that of the host', () => {
    const launched = (kernel: string, version: string) =>
      judge(
        facts({
          host: host({ kernel: fact(kernel) }),
          engine: docker({
            runtimes: withRunsc({
              args: fact(['--host-uds=all']),
              version: fact(`runsc version ${version}`),
            }),
          }),
        }),
        runsc,
      );
    for (const [kernel, version, status] of [
      ['6.1.0-44-amd64', '0.0~20240729.0', 'works'],
      ['6.12.117', '0.0~20240729.0', 'refused'],
      ['7.2.0', 'release-20221219.0', 'refused'],
      ['6.18.44', 'release-20240807.0', 'works'],
      ['6.11.3', '0.0~20240729.0', 'unknown'],
      ['6.12.117', 'VERSION_MISSING', 'unknown'],
    ] as const) {
      const verdict = launched(kernel, version);
      assert.equal(verdict.status, status, `${kernel} ${version}`);
      if (verdict.status === 'works') continue;
      assert.deepEqual(
        verdict.reasons.map(({ rule }) => rule),
        ['runsc-network'],
      );
      assert.match(verdict.reasons[0]?.remedy ?? '', /--network=none/);
    }
  });

  it('when SELinux may forbid the socket folder', () => {
    const engine = docker({ security: fact(['seccomp', 'selinux']) });
    assert.deepEqual(rulesOf(facts({ engine }), runc, 'unknown'), ['selinux-label']);
  });

  it('and says what would be tried', () => {
    const verdict = judge(facts({ engine: docker({ security: fact(['seccomp', 'selinux']) }) }), runc);
    assert.equal(verdict.status, 'unknown');
    assert.equal(verdict.attempt.recipe, 'unused-group');
  });
});

describe('a Podman service of our own', () => {
  const installed = host({ podmanRuntimes: known(['runc', 'crun', 'runsc'], 'PATH') });

  it('makes a runtime work that the given service does not run', () => {
    const strategy = strategyOf(facts({ host: installed, engine: podman('crun') }), runsc);
    assert.equal(strategy.service, 'own-podman');
    assert.equal(strategyOf(facts({ host: installed, engine: podman('runsc') }), runsc).service, 'given');
  });

  it('is none on the storage of another user', () => {
    const engine = {
      ...rootlessDocker(),
      kind: 'podman',
      version: '5.4.2',
      runtimes: { crun: runtime('crun') },
    } as const;
    assert.deepEqual(rulesOf(facts({ host: installed, engine }), runsc), ['podman-runtime']);
  });
});

it('finds a group id that neither a group nor a user of this host has', () => {
  assert.equal(unusedGroupId('root:x:0:\nstaff:x:50:\n', 'root:x:0:0:root:/root:/bin/sh\n'), 64999);
  assert.equal(unusedGroupId('a:x:64999:\n', 'b:x:7:64998::/:/bin/sh\n'), 64997);
});

it('has rules with names of their own, each with a source', () => {
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const { id, source } of rules) assert.ok(source.document ?? source.measured, id);
});
