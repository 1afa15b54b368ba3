/** Facts of hosts, engines and images, made for tests: as they should be, unless told otherwise. */
import {
  known,
  type EngineFacts,
  type HostFacts,
  type ImageFacts,
  type LaunchFacts,
  type LaunchStrategy,
  type LaunchRequirements,
  judge,
  type ProgramFacts,
  type RuntimeFacts,
} from '../../src/compatibility/index.ts';
import assert from 'node:assert/strict';

const seen = 'made for a test';

export function fact<T>(value: T) {
  return known(value, seen);
}

export function host(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    platform: fact('linux'),
    kernel: fact('6.1.0'),
    architecture: fact('amd64'),
    emulated: fact([]),
    uid: fact(0),
    gid: fact(0),
    unusedGid: fact(64999),
    setfacl: fact(true),
    podmanRuntimes: fact([]),
    socketFolder: {
      path: '/run/plugins',
      writable: fact(true),
      fileSystem: fact('ext4'),
      acl: fact(true),
      mountOptions: fact([]),
      closedTo: fact(''),
      changeable: fact(''),
    },
    ...changes,
  };
}

/** An ordinary user. */
export function user(uid = 1001): HostFacts {
  return host({ uid: fact(uid), gid: fact(uid) });
}

export function runtime(kind: RuntimeFacts['kind'], args: readonly string[] = []): RuntimeFacts {
  return {
    kind,
    path: fact(`/usr/bin/${kind}`),
    installed: fact(true),
    args: fact(args),
    version: fact(kind === 'runsc' ? 'release-20240729.0' : '1.1.5'),
  };
}

export const sandboxArguments = ['--host-uds=all', '--network=none', '--ignore-cgroups'];

export function docker(changes: Partial<EngineFacts> = {}): EngineFacts {
  return {
    kind: 'docker',
    version: '28.5.2',
    apiVersion: '1.51',
    socketPath: '/run/docker.sock',
    rootless: false,
    sameKernel: fact(true),
    owner: fact({ uid: 0, gid: 0 }),
    idMaps: fact({ uids: [], gids: [] }),
    remapped: fact(false),
    runtimes: {
      runc: runtime('runc'),
      crun: runtime('crun'),
      runsc: runtime('runsc', sandboxArguments.slice(0, 2)),
    },
    defaultRuntime: 'runc',
    cgroup: { version: '1', driver: 'cgroupfs', layout: fact('v1') },
    enforces: { memory: fact(true), cpu: fact(true), pids: fact(true) },
    cpus: fact(4),
    security: fact(['seccomp']),
    memlock: fact({ soft: 8 << 20, hard: 8 << 20, mayRaise: false }),
    seesSocketFolder: fact(true),
    ...changes,
  };
}

/** Of the user 1001. */
export function rootlessDocker(changes: Partial<EngineFacts> = {}): EngineFacts {
  const ids = [
    { containerId: 0, hostId: 1001, size: 1 },
    { containerId: 1, hostId: 100000, size: 65536 },
  ];
  return docker({
    rootless: true,
    owner: fact({ uid: 1001, gid: 1001 }),
    idMaps: fact({ uids: ids, gids: ids }),
    runtimes: {
      runc: runtime('runc'),
      crun: runtime('crun'),
      runsc: runtime('runsc', sandboxArguments),
    },
    cgroup: { version: '1', driver: 'none', layout: fact('v1') },
    enforces: { memory: fact(false), cpu: fact(false), pids: fact(false) },
    security: fact(['seccomp', 'rootless']),
    ...changes,
  });
}

/** One service, which runs one runtime. */
export function podman(
  name: 'runc' | 'crun' | 'runsc' = 'crun',
  changes: Partial<EngineFacts> = {},
): EngineFacts {
  return docker({
    kind: 'podman',
    version: '5.4.2',
    socketPath: '/run/podman/podman.sock',
    runtimes: { [name]: runtime(name, name === 'runsc' ? sandboxArguments : []) },
    defaultRuntime: name,
    ...changes,
  });
}

export function program(changes: Partial<ProgramFacts> = {}): ProgramFacts {
  return {
    path: '/plugin',
    kind: 'elf',
    sizeBytes: 20_000_000,
    mode: 0o755,
    machine: 'amd64',
    go: { goVersion: 'go1.24.3', goPlugin: 'v1.8.0' },
    ...changes,
  };
}

export const lockingProgram = program({ fileCapabilities: { permitted: ['IPC_LOCK'], effective: true } });

export function image(changes: Partial<ImageFacts> = {}): ImageFacts {
  return {
    reference: 'localhost/plugin:1',
    id: `sha256:${'0'.repeat(64)}`,
    os: 'linux',
    architecture: 'amd64',
    entrypoint: ['/plugin'],
    cmd: [],
    user: '65532:65532',
    accounts: fact({
      users: [
        { name: 'root', uid: 0, gid: 0 },
        { name: 'nonroot', uid: 65532, gid: 65532 },
      ],
      groups: [{ name: 'nonroot', gid: 65532 }],
    }),
    program: fact(program()),
    ...changes,
  };
}

export function facts(changes: Partial<LaunchFacts> = {}): LaunchFacts {
  return { host: host(), engine: docker(), image: image(), ...changes };
}

/** The strategy of a launch that must work. */
export function strategyOf(given: LaunchFacts, wishes: LaunchRequirements): LaunchStrategy {
  const verdict = judge(given, wishes);
  assert.equal(verdict.status, 'works', JSON.stringify(verdict, undefined, 1));
  return verdict.strategy;
}

/** The rules by which a launch is refused or unknown. */
export function rulesOf(
  given: LaunchFacts,
  wishes: LaunchRequirements,
  status: 'refused' | 'unknown' = 'refused',
): string[] {
  const verdict = judge(given, wishes);
  assert.equal<string>(verdict.status, status, JSON.stringify(verdict, undefined, 1));
  return 'reasons' in verdict ? verdict.reasons.map(({ rule }) => rule) : [];
}
