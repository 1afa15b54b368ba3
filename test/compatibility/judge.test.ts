import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  judgeLaunch,
  type EngineFacts,
  type HostFacts,
  type ImageFacts,
  type LaunchStrategy,
} from '../../src/compatibility/index.ts';
import { unusedGroupId } from '../../src/compatibility/facts.ts';

const root: HostFacts = { uid: 0, gid: 0, architecture: 'amd64', unusedGid: 64999, setfacl: true };
const user: HostFacts = { ...root, uid: 1001, gid: 1001 };
const rootful: EngineFacts = {
  kind: 'docker',
  version: '28.5.2',
  rootless: false,
  owner: { uid: 0, gid: 0 },
  runtimes: ['runc', 'crun', 'runsc'],
  enforces: { memory: true, cpu: true, pids: true },
};
const rootless: EngineFacts = {
  ...rootful,
  rootless: true,
  owner: { uid: 1001, gid: 1001 },
  enforces: { memory: false, cpu: false, pids: false },
};
const image: ImageFacts = { user: '65532:65532', architecture: 'amd64', os: 'linux' };
const runsc = { runtime: 'runsc' };
const runc = { runtime: 'runc' };

function strategyOf(...facts: Parameters<typeof judgeLaunch>): LaunchStrategy {
  const verdict = judgeLaunch(...facts);
  assert.equal(verdict.status, 'works');
  return verdict.strategy;
}

function rulesOf(...facts: Parameters<typeof judgeLaunch>): string[] {
  const verdict = judgeLaunch(...facts);
  assert.equal(verdict.status, 'refused');
  for (const { reason, remedy } of verdict.refusals) assert.ok(reason !== '' && remedy !== '');
  return verdict.refusals.map(({ rule }) => rule);
}

describe('the socket is shared', () => {
  it('through a group that nobody uses when a root host uses a rootful engine', () => {
    const { recipe, directory, socketGid } = strategyOf(root, rootful, image, runsc);
    assert.equal(recipe, 'unused-group');
    assert.deepEqual(directory, { mode: 0o770, gid: 64999 });
    assert.equal(socketGid, 64999);
  });

  it("through the host's own group when an ordinary user uses a rootful engine", () => {
    const { recipe, directory, socketGid } = strategyOf(user, rootful, image, runc);
    assert.equal(recipe, 'host-group');
    assert.deepEqual(directory, { mode: 0o770, defaultAclUid: undefined });
    assert.equal(socketGid, 1001);
  });

  it("through container group 0, the engine user's own group, when the engine is rootless", () => {
    const { recipe, directory, socketGid } = strategyOf(user, rootless, image, runc);
    assert.equal(recipe, 'rootless-group');
    assert.equal(directory.owner, undefined);
    assert.equal(socketGid, 0);
  });

  it("by giving the directory to the engine's user when a root host uses a rootless engine", () => {
    const { directory } = strategyOf(root, rootless, image, runsc);
    assert.deepEqual(directory.owner, { uid: 1001, gid: 1001 });
    assert.equal(directory.defaultAclUid, undefined);
  });

  it('with a default ACL where runsc leaves the socket with a group that is not ours', () => {
    assert.equal(strategyOf(user, rootful, image, runsc).directory.defaultAclUid, 1001);
    assert.equal(strategyOf(user, rootless, image, runsc).directory.defaultAclUid, 1001);
  });

  it('without an ACL where container root is the host user itself', () => {
    const asRoot = { ...image, user: '' };
    assert.equal(strategyOf(user, rootless, asRoot, runsc).directory.defaultAclUid, undefined);
    assert.equal(
      strategyOf(user, rootless, asRoot, { ...runsc, user: '1000:1000' }).directory.defaultAclUid,
      1001,
    );
  });
});

describe('the number of processes', () => {
  it('is limited where the engine enforces it', () => {
    assert.equal(strategyOf(root, rootful, image, runc).pidsLimit, 512);
    assert.equal(strategyOf(root, rootful, image, { ...runc, pidsLimit: 20 }).pidsLimit, 20);
  });

  it('is not limited under runsc, whose own threads would count, nor where nothing enforces it', () => {
    assert.equal(strategyOf(root, rootful, image, runsc).pidsLimit, undefined);
    assert.equal(strategyOf(user, rootless, image, runc).pidsLimit, undefined);
  });
});

describe('a launch is refused', () => {
  it('when the engine does not have the runtime', () => {
    assert.deepEqual(rulesOf(root, rootful, image, { runtime: 'kata' }), ['runtime-present']);
  });

  it('when the image is for another system or processor', () => {
    assert.deepEqual(rulesOf(root, rootful, { ...image, os: 'windows', architecture: 'arm64' }, runc), [
      'linux-only',
      'image-architecture',
    ]);
  });

  it('when a limit is asked for that would not be enforced', () => {
    const wishes = { ...runc, memoryBytes: 64 << 20, cpuNanos: 5e8, pidsLimit: 20 };
    assert.deepEqual(rulesOf(user, rootless, image, wishes), [
      'limits-enforced',
      'limits-enforced',
      'limits-enforced',
    ]);
  });

  it('when a limit on processes is asked for under runsc', () => {
    assert.deepEqual(rulesOf(root, rootful, image, { ...runsc, pidsLimit: 20 }), ['limits-enforced']);
  });

  it('when the rootless engine belongs to another ordinary user', () => {
    assert.deepEqual(rulesOf({ ...user, uid: 1002 }, rootless, image, runc), ['rootless-owner']);
  });

  it('when the ACL that runsc needs can not be set', () => {
    assert.deepEqual(rulesOf({ ...user, setfacl: false }, rootless, image, runsc), ['socket-acl']);
    strategyOf({ ...user, setfacl: false }, rootless, image, runc);
  });

  it('for every reason at once', () => {
    const wishes = { runtime: 'kata', memoryBytes: 1 };
    assert.deepEqual(rulesOf(user, rootless, { ...image, architecture: 'arm64' }, wishes), [
      'runtime-present',
      'image-architecture',
      'limits-enforced',
    ]);
  });
});

it('finds a group id that neither a group nor a user of this host has', () => {
  assert.equal(unusedGroupId('root:x:0:\nstaff:x:50:\n', 'root:x:0:0:root:/root:/bin/sh\n'), 64999);
  assert.equal(unusedGroupId('a:x:64999:\n', 'b:x:7:64998::/:/bin/sh\n'), 64997);
});
