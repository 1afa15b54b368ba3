/** Borders of the rules: each of these cases is one step from where another verdict is right. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, unknown } from '../../src/compatibility/index.ts';
import {
  docker,
  fact,
  facts,
  host,
  image,
  program,
  rootlessDocker,
  rulesOf,
  runtime,
  strategyOf,
} from '../compatibility/made-facts.ts';

const runc = { runtime: 'runc' };
const runsc = { runtime: 'runsc' };

describe('the rules', () => {
  it('do not take a user that is not known for root', () => {
    const given = facts({ host: host({ uid: unknown('it can not be seen') }), engine: rootlessDocker() });
    const verdict = judge(given, runc);
    assert.notEqual(verdict.status, 'works');
    assert.ok('reasons' in verdict && verdict.reasons.some(({ rule }) => rule === 'rootless-owner'));
  });

  for (const value of ['none', 'open', 'create']) {
    it(`refuse runsc with --host-uds=${value}`, () => {
      const withRunsc = {
        runsc: {
          ...runtime('runsc', [`--host-uds=${value}`, '--network=none']),
          version: fact('release-20221219.0'), // a newer one may be told by the image's annotations
        },
      };
      assert.ok(
        rulesOf(facts({ engine: docker({ runtimes: withRunsc }) }), runsc).includes('runsc-host-uds'),
      );
    });
  }

  for (const [limit, controller] of [
    ['memoryBytes', 'memory'],
    ['cpuNanos', 'cpu'],
    ['pidsLimit', 'pids'],
  ] as const) {
    it(`judge ${limit} by the controller ${controller}, and by no other`, () => {
      const all = { memory: fact(true), cpu: fact(true), pids: fact(true) };
      const none = { memory: fact(false), cpu: fact(false), pids: fact(false) };
      const wishes = { ...runc, [limit]: limit === 'pidsLimit' ? 100 : 2 ** 30 };
      const without = docker({ enforces: { ...all, [controller]: fact(false) } });
      assert.deepEqual(rulesOf(facts({ engine: without }), wishes), ['limits-enforced']);
      const alone = docker({ enforces: { ...none, [controller]: fact(true) } });
      assert.equal(judge(facts({ engine: alone }), wishes).status, 'works');
    });
  }

  it('let an emulator run a foreign program, but not under gVisor, which has none', () => {
    const given = facts({
      host: host({ emulated: fact(['arm64']) }),
      image: image({ architecture: 'arm64', program: fact(program({ machine: 'arm64' })) }),
    });
    assert.equal(judge(given, runc).status, 'works');
    assert.ok(rulesOf(given, runsc).includes('image-architecture'));
  });

  it('know the last id of a user namespace from the first one after it', () => {
    const withUser = (id: number) => {
      const users = [{ name: 'p', uid: id, gid: id }];
      return facts({
        engine: rootlessDocker(),
        image: image({ user: `${id}:${id}`, accounts: fact({ users, groups: [{ name: 'p', gid: id }] }) }),
      });
    };
    assert.equal(judge(withUser(65536), runc).status, 'works');
    assert.deepEqual(rulesOf(withUser(65537), runc), ['ids-mapped']);
  });

  it("find the host's id of a group in the second range of a user namespace", () => {
    const ids = [
      { containerId: 0, hostId: 100000, size: 1000 },
      { containerId: 1000, hostId: 300000, size: 65000 },
    ];
    const engine = docker({ remapped: fact(true), idMaps: fact({ uids: ids, gids: ids }) });
    const { directory } = strategyOf(
      facts({ engine, host: host({ unusedGid: fact(1005) }), image: image({ user: '' }) }),
      runc,
    );
    assert.equal(directory.gid, 300005);
    assert.equal(directory.passingGid, 100000);
  });
});
