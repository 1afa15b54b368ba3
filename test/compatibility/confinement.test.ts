/** What confines a plugin whatever it does: judged before anything is made, and lifted by an explicit word only. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, unknown } from '../../src/compatibility/index.ts';
import {
  docker,
  fact,
  facts,
  image,
  podman,
  rootlessDocker,
  rulesOf,
  runtime,
  strategyOf,
} from './made-facts.ts';

const runc = { runtime: 'runc' };
const runsc = { runtime: 'runsc' };
const gibibyte = 1 << 30;

describe('a plugin that must not be root', () => {
  const wishes = { ...runc, requireNonRoot: true };
  const as = (user: string) => facts({ image: image({ user }) });

  it('is refused as root by name, by number, by default, and by another name of root', () => {
    const users = [
      { name: 'root', uid: 0, gid: 0 },
      { name: 'toor', uid: 0, gid: 0 },
      { name: '+0', uid: 1000, gid: 1000 },
    ];
    for (const user of ['', 'root', '0', '00', '0:1000', 'root:65532', 'toor', ':65532']) {
      const given = image({ user, accounts: fact({ users, groups: [] }) });
      assert.deepEqual(rulesOf(facts({ image: given }), wishes), ['non-root'], user);
    }
    assert.deepEqual(rulesOf(facts(), { ...wishes, user: '0:0' }), ['non-root']);
    // Engines read it as a number, whatever the image calls by this name: they are given the number that was judged.
    const plus = image({ user: '+0', accounts: fact({ users, groups: [] }) });
    assert.equal(strategyOf(facts({ image: plus }), wishes).user, '1000:1000');
  });

  it('is refused as a user that the image does not have, and as one that is no number of a user', () => {
    assert.deepEqual(rulesOf(as('nobody-there'), { ...wishes }), ['user-exists', 'non-root']);
    assert.deepEqual(rulesOf(as('4294967295:1'), wishes), ['non-root']);
    assert.deepEqual(rulesOf(as('4294967296:1'), wishes), ['non-root']);
  });

  it('is not launched without a word where its user could not be told', () => {
    const given = image({ user: 'app', accounts: unknown('the layers were not read') });
    assert.ok(rulesOf(facts({ image: given }), wishes, 'unknown').includes('non-root'));
  });

  it('is refused on rootless engines too: a user namespace does not count', () => {
    const given = facts({ engine: rootlessDocker(), image: image({ user: '' }) });
    assert.deepEqual(rulesOf(given, wishes), ['non-root']);
  });

  it('is refused where it could become root: without no-new-privileges', () => {
    assert.deepEqual(rulesOf(facts(), { ...wishes, noNewPrivileges: false }), ['non-root']);
  });

  it('is launched as the numbers that were judged', () => {
    assert.equal(strategyOf(as('nonroot'), wishes).user, '65532:65532');
    assert.equal(strategyOf(as('nonroot'), { ...wishes, runtime: 'runsc' }).user, '65532:64999');
    assert.equal(strategyOf(as('nonroot'), runc).user, undefined);
  });
});

describe('a seccomp profile', () => {
  it('is demanded of the engine, and done without only when asked for', () => {
    const engine = docker({ security: fact(['apparmor']) });
    assert.deepEqual(rulesOf(facts({ engine }), runc), ['seccomp-profile']);
    assert.deepEqual(rulesOf(facts({ engine }), runsc), ['seccomp-profile']);
    strategyOf(facts({ engine }), { ...runc, seccomp: 'unconfined' });
    const unseen = docker({ security: unknown('nothing was asked') });
    assert.ok(rulesOf(facts({ engine: unseen }), runc, 'unknown').includes('seccomp-profile'));
  });
});

describe('a profile of AppArmor for crun itself', () => {
  it('is told of where it comes beside that of containers, so that no signal can be sent', () => {
    const engineWith = (path: string, changes = {}) =>
      docker({
        runtimes: { runc: runtime('runc'), crun: { ...runtime('crun'), ownProfile: fact(path) } },
        security: fact(['seccomp', 'apparmor']),
        ...changes,
      });
    const told = (engine: ReturnType<typeof docker>, name: string) => {
      const verdict = judge(facts({ engine }), { runtime: name });
      assert.equal(verdict.status, 'works');
      return verdict.notes.some(({ rule }) => rule === 'apparmor-crun');
    };
    assert.equal(told(engineWith('/usr/bin/crun'), 'crun'), true);
    assert.equal(told(engineWith('/usr/bin/crun'), 'runc'), false);
    assert.equal(told(engineWith(''), 'crun'), false);
    assert.equal(told(docker(), 'crun'), false);
  });
});

describe('a network', () => {
  it('of the host or of another container is refused', () => {
    for (const network of ['host', 'container:other', 'ns:/proc/1/ns/net']) {
      assert.deepEqual(rulesOf(facts(), { ...runc, network }), ['own-network-namespace'], network);
    }
    for (const network of ['none', 'bridge', 'hosts', 'plugins']) strategyOf(facts(), { ...runc, network });
  });
});

describe('memory and processes', () => {
  it('are limited wherever the engine enforces it, and by what was asked for', () => {
    assert.equal(strategyOf(facts(), runc).memoryBytes, gibibyte);
    assert.equal(strategyOf(facts(), runsc).memoryBytes, gibibyte);
    assert.equal(strategyOf(facts(), { ...runc, memoryBytes: 64 << 20 }).memoryBytes, 64 << 20);
  });

  it('are not limited where nothing enforces it', () => {
    assert.equal(strategyOf(facts({ engine: rootlessDocker() }), runc).memoryBytes, undefined);
    const ignoring = docker({
      runtimes: { runsc: runtime('runsc', ['--host-uds=all', '--network=none', '--ignore-cgroups']) },
    });
    assert.equal(strategyOf(facts({ engine: ignoring }), runsc).memoryBytes, undefined);
    const unseen = docker({ enforces: { memory: unknown('?'), cpu: unknown('?'), pids: unknown('?') } });
    assert.equal(strategyOf(facts({ engine: unseen }), runc).memoryBytes, undefined);
  });

  it('are unlimited by a word, on engines that enforce limits and on those that do not', () => {
    const lifted = { ...runc, memoryBytes: 'unlimited', pidsLimit: 'unlimited' } as const;
    for (const engine of [docker(), rootlessDocker()]) {
      const { memoryBytes, pidsLimit } = strategyOf(facts({ engine }), lifted);
      assert.deepEqual([memoryBytes, pidsLimit], [undefined, undefined]);
    }
    const onPodman = strategyOf(facts({ engine: podman('runc') }), lifted);
    assert.deepEqual([onPodman.memoryBytes, onPodman.pidsLimit], [undefined, 0]);
    strategyOf(facts(), { ...lifted, runtime: 'runsc' });
  });
});

describe('a cgroup namespace', () => {
  it('is shared on a Docker alone that has none to give', () => {
    assert.equal(
      strategyOf(facts({ engine: docker({ apiVersion: '1.40', version: '19.03.15' }) }), runc)
        .sharesCgroupNamespace,
      true,
    );
    assert.equal(strategyOf(facts(), runc).sharesCgroupNamespace, undefined);
  });
});
