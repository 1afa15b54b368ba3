/** Limits where a user has a part of the cgroups (version 2), and what to do where one is missing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, type EngineFacts, type LaunchVerdict } from '../../src/compatibility/index.ts';
import { docker, fact, facts, host, podman, runtime, rulesOf } from './made-facts.ts';

const ids = [
  { containerId: 0, hostId: 1001, size: 1 },
  { containerId: 1, hostId: 100000, size: 65536 },
];

/** A rootless Podman under systemd with these controllers. */
function delegated(
  name: 'crun' | 'runsc',
  controllers: readonly ('memory' | 'cpu' | 'pids')[],
  args: readonly string[] = [],
): Parameters<typeof judge>[0] {
  const has = (controller: 'memory' | 'cpu' | 'pids') => fact(controllers.includes(controller));
  const changes: Partial<EngineFacts> = {
    rootless: true,
    idMaps: fact({ uids: ids, gids: ids }),
    owner: fact({ uid: 1001, gid: 1001 }),
    cgroup: { version: '2', driver: 'systemd', layout: fact('v2') },
    enforces: { memory: has('memory'), cpu: has('cpu'), pids: has('pids') },
    runtimes: { [name]: runtime(name, args) },
  };
  return facts({ host: host({ uid: fact(1001), gid: fact(1001) }), engine: podman(name, changes) });
}
const sandbox = ['--host-uds=all', '--network=none'];

function reasons(verdict: LaunchVerdict): string {
  assert.notEqual(verdict.status, 'works');
  return verdict.status === 'works' ? '' : verdict.reasons.map(({ remedy }) => remedy).join('\n');
}

describe('a limit for a rootless engine', () => {
  it('works where its controller is delegated', () => {
    const launch = delegated('crun', ['memory', 'pids']);
    assert.equal(judge(launch, { runtime: 'crun', memoryBytes: 64 << 20, pidsLimit: 50 }).status, 'works');
  });

  it('is refused where it is not, with how to delegate it', () => {
    const launch = delegated('crun', ['memory', 'pids']);
    const remedy = reasons(judge(launch, { runtime: 'crun', cpuNanos: 1e9 }));
    assert.match(remedy, /have cpu delegated: .*Delegate=cpu cpuset io memory pids.*user@\.service\.d/);
  });

  it('is refused under runsc, which can make no cgroup there', () => {
    const launch = delegated('runsc', ['memory', 'cpu', 'pids'], [...sandbox, '--ignore-cgroups']);
    const remedy = reasons(judge(launch, { runtime: 'runsc', memoryBytes: 64 << 20 }));
    assert.match(remedy, /choose crun, runc or a rootful engine/);
  });
});

it('rootless runsc is refused without --ignore-cgroups, also where controllers are delegated', () => {
  const launch = delegated('runsc', ['memory', 'cpu', 'pids'], sandbox);
  assert.deepEqual(rulesOf(launch, { runtime: 'runsc' }), ['runsc-ignore-cgroups']);
});

it('a limit on memory beside swap that nobody counts works, and is told of', () => {
  const { enforces } = docker();
  for (const [swap, told] of [
    [false, true],
    [true, false],
  ] as const) {
    const engine = docker({ enforces: { ...enforces, swap: fact(swap) } });
    const { status, notes } = judge(facts({ engine }), { runtime: 'runc', memoryBytes: 64 << 20 });
    assert.equal(status, 'works');
    assert.equal(
      notes.some(({ rule }) => rule === 'swap-counted'),
      told,
    );
  }
});
