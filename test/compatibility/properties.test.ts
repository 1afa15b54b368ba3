/** What holds for every verdict, whatever the facts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  judge,
  known,
  rules,
  unknown,
  type EngineFacts,
  type Fact,
  type ImageFacts,
  type LaunchFacts,
  type LaunchRequirements,
  type RuntimeFacts,
} from '../../src/compatibility/index.ts';
import { launchCase } from '../../src/compatibility/case.ts';
import { docker, host, image, lockingProgram, program, runtime, sandboxArguments } from './made-facts.ts';

/** Mostly as it should be, so that some launches work: the first value, now and then another, or not known. */
function fact<T>(good: T, others: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant<Fact<T>>(known(good, 'made up')) },
    { weight: 2, arbitrary: others.map((each): Fact<T> => known(each, 'made up')) },
    { weight: 1, arbitrary: fc.constant<Fact<T>>(unknown('made up')) },
  );
}

const flag = fact(true, fc.constant(false));
const ids = fc.constantFrom(0, 1000, 1001, 65532);

const hosts = fc
  .record({
    platform: fact('linux', fc.constant('darwin')),
    uid: fact(0, ids),
    gid: fact(0, ids),
    setfacl: flag,
    podmanRuntimes: fact([], fc.subarray(['runc', 'crun', 'runsc'])),
    emulated: fact([], fc.subarray(['arm64'])),
    writable: flag,
    acl: flag,
    closedTo: fact('', fc.constant('/root')),
    changeable: fact('', fc.constant('/srv is writable by everybody')),
    fileSystem: fact('ext4', fc.constantFrom('vfat', 'fuse.unheard')),
    path: fc.constantFrom(...Array<string>(9).fill('/run/plugins'), `/${'long/'.repeat(20)}`),
  })
  .map(({ writable, acl, closedTo, changeable, fileSystem, path, ...rest }) =>
    host({
      ...rest,
      socketFolder: { ...host().socketFolder, writable, acl, closedTo, changeable, fileSystem, path },
    }),
  );

function runtimeOf(kind: RuntimeFacts['kind']): fc.Arbitrary<RuntimeFacts> {
  return fc
    .record({
      installed: flag,
      args: fact(
        kind === 'runsc' ? sandboxArguments : [],
        fc.subarray(kind === 'runsc' ? [...sandboxArguments, '--overlay'] : []),
      ),
      version: fact('release-20240729.0', fc.constantFrom('release-20221219.0', 'VERSION_MISSING')),
    })
    .map((rest) => ({ ...runtime(kind), ...rest }));
}

const bytes = fc.constantFrom<number | 'unlimited'>(65536, 8 << 20, 800 << 20, 2 ** 31, 'unlimited');
const map = [
  { containerId: 0, hostId: 1001, size: 1 },
  { containerId: 1, hostId: 100000, size: 65536 },
];

const engines: fc.Arbitrary<EngineFacts> = fc
  .record({
    kind: fc.constantFrom('docker' as const, 'podman' as const),
    version: fc.constantFrom('20.10.24', '28.5.2', '4.3.1', '5.8.6'),
    rootless: fc.boolean(),
    remapped: fact(false, fc.constant(true)),
    sameKernel: flag,
    seesSocketFolder: flag,
    owner: fact({ uid: 1001, gid: 1001 }, fc.constant({ uid: 0, gid: 0 })),
    idMaps: fact({ uids: map, gids: map }, fc.constant({ uids: [], gids: [] })),
    runtimes: fc.record({ runc: runtimeOf('runc'), crun: runtimeOf('crun'), runsc: runtimeOf('runsc') }),
    memory: flag,
    cpu: flag,
    pids: flag,
    version2: fc.boolean(),
    layout: fact<'v1' | 'hybrid'>('v1', fc.constant('hybrid')),
    memlock: fact(
      { soft: 8 << 20, hard: 8 << 20, mayRaise: false },
      fc.record({ soft: bytes, hard: bytes, mayRaise: fc.boolean() }),
    ),
    security: fact(['seccomp'], fc.subarray(['seccomp', 'selinux', 'apparmor'])),
  })
  .map(({ memory, cpu, pids, version2, layout, ...rest }) =>
    docker({
      ...rest,
      enforces: { memory, cpu, pids },
      cgroup: version2
        ? { version: '2', driver: 'systemd', layout: known('v2', 'made up') }
        : { version: '1', driver: 'cgroupfs', layout },
    }),
  );

const images: fc.Arbitrary<ImageFacts> = fc
  .record({
    user: fc.constantFrom('', '0', '65532:65532', '1000', 'nonroot', 'nobody-knows', '70000:70000'),
    architecture: fc.constantFrom('amd64', 'amd64', 'amd64', 'arm64'),
    addressSpaceBytes: fc.constantFrom(undefined, undefined, 4096, 2 ** 30),
    program: fact(
      program(),
      fc.constantFrom(
        lockingProgram,
        program({ go: { goVersion: 'go1.20', goPlugin: 'v1.4.10' } }),
        program({ go: { goVersion: 'go1.20' } }),
        program({ go: undefined, interpreter: { path: '/lib/ld.so', present: false } }),
        program({ kind: 'missing', go: undefined }),
        program({ fileCapabilities: { permitted: ['NET_BIND_SERVICE'], effective: true } }),
      ),
    ),
  })
  .map((changes) => image(changes));

function seldom<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

const wishes: fc.Arbitrary<LaunchRequirements> = fc.record({
  runtime: fc.constantFrom('runc', 'crun', 'runsc', 'runsc', 'kata'),
  user: seldom(fc.constantFrom('0:0', '1000:1000', 'nonroot', '70000')),
  mlock: seldom(fc.boolean()),
  brokerMultiplex: seldom(fc.boolean()),
  capAdd: seldom(fc.subarray(['IPC_LOCK', 'CAP_NET_BIND_SERVICE'])),
  noNewPrivileges: seldom(fc.boolean()),
  memoryBytes: seldom(fc.constantFrom(1, 64 << 20)),
  cpuNanos: seldom(fc.constantFrom(5e8, 9e9)),
  pidsLimit: seldom(fc.constantFrom(20)),
  cgroupParent: seldom(fc.constantFrom('/plugins', 'plugins.slice')),
});

const launches: fc.Arbitrary<readonly [LaunchFacts, LaunchRequirements]> = fc.tuple(
  fc.record({
    host: hosts,
    engine: engines,
    image: fc.oneof(
      { weight: 9, arbitrary: images },
      { weight: 1, arbitrary: fc.constant({ reference: 'a:1', absent: true as const }) },
    ),
  }),
  wishes,
);

function always(check: (facts: LaunchFacts, wishes: LaunchRequirements) => void): void {
  fc.assert(
    fc.property(launches, ([facts, asked]) => {
      check(facts, asked);
    }),
    { numRuns: 1500 },
  );
}

describe('whatever the facts', { timeout: 120_000 }, () => {
  it('no verdict is "works" with a rule that is not met, or a fact that a rule needs and nobody knows', () => {
    let worked = 0;
    always((facts, asked) => {
      const verdict = judge(facts, asked);
      const launch = launchCase(facts, asked);
      const results = rules.filter((rule) => rule.applies(launch)).map((rule) => rule.check(launch).result);
      const expected = results.includes('unmet')
        ? 'refused'
        : results.includes('unknown')
          ? 'unknown'
          : 'works';
      assert.equal(verdict.status, expected);
      if (verdict.status === 'works') worked += 1;
    });
    assert.ok(worked > 20, `only ${worked} of the made-up launches work: they prove nothing`);
  });

  it('every reason says what was seen, what to do, and where the rule comes from', () => {
    always((facts, asked) => {
      const verdict = judge(facts, asked);
      const reasons = [...verdict.notes, ...(verdict.status === 'works' ? [] : verdict.reasons)];
      for (const { rule, requirement, observed, remedy, source } of reasons) {
        for (const text of [requirement, observed, remedy, source]) {
          assert.ok(text !== '' && !/undefined|\[object|NaN/.test(text), `${rule}: ${text}`);
        }
      }
      if (verdict.status !== 'works') assert.ok(verdict.reasons.length > 0);
    });
  });

  it('no strategy has a capability that was neither asked for nor needed to lock memory', () => {
    always((facts, asked) => {
      const { capabilities, noNewPrivileges, ulimits } = strategyOf(facts, asked);
      const allowed = (asked.capAdd ?? []).map((name) => name.replace(/^CAP_/, ''));
      if (asked.mlock === true) allowed.push('IPC_LOCK');
      assert.deepEqual(
        capabilities.filter((name) => !allowed.includes(name)),
        [],
      );
      if (asked.mlock !== true) assert.deepEqual(ulimits, []);
      if (asked.noNewPrivileges !== undefined) assert.equal(noNewPrivileges, asked.noNewPrivileges);
      else if (!noNewPrivileges)
        assert.ok(needsFileCapability(facts), 'no-new-privileges is off without need');
    });
  });

  it('the socket directory is never open to others, and its group is one of the plugin', () => {
    always((facts, asked) => {
      const { directory, socketGid, groups, user } = strategyOf(facts, asked);
      assert.equal(directory.mode & 0o007, 0);
      assert.ok(groups.includes(String(socketGid)) || user?.endsWith(`:${socketGid}`));
    });
  });

  it('the same facts give the same verdict, and survive being written down', () => {
    always((facts, asked) => {
      const copy = JSON.parse(JSON.stringify(facts)) as LaunchFacts;
      assert.deepEqual(judge(copy, asked), judge(facts, asked));
    });
  });
});

function strategyOf(facts: LaunchFacts, asked: LaunchRequirements) {
  const verdict = judge(facts, asked);
  return verdict.status === 'works' ? verdict.strategy : verdict.attempt;
}

function needsFileCapability({ engine, image: found }: LaunchFacts): boolean {
  const carried =
    'absent' in found || !('value' in found.program) ? undefined : found.program.value.fileCapabilities;
  return engine.kind === 'docker' && Number.parseInt(engine.version, 10) < 23 && carried !== undefined;
}
