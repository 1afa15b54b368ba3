/** Labels that an image, or somebody who has seen ours, sets. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { hostLabels, ownerLabels, ownerLiveness } from '../../../src/host/orphans/labels.ts';
import { isProved, proofLabel, provedLabels } from '../../../src/host/orphans/owner-proof.ts';

const key = randomBytes(32);
const plain = ownerLabels({ hostId: 'host', clusterId: 'cluster' });
const proved = provedLabels(plain, 'ours', key);

describe('the proof of labels', () => {
  it('holds for the container that they were set on', () => {
    assert.equal(isProved(proved, ['alias', 'ours'], key), true);
  });

  it('does not hold on a container of another name, with another key, or without it', () => {
    assert.equal(isProved(proved, ['theirs'], key), false);
    assert.equal(isProved(proved, [], key), false);
    assert.equal(isProved(proved, ['ours'], randomBytes(32)), false);
    assert.equal(isProved(plain, ['ours'], key), false);
    assert.equal(isProved({ ...proved, [proofLabel]: '' }, ['ours'], key), false);
  });

  for (const label of Object.values(hostLabels)) {
    it(`does not hold when ${label} was changed or left out`, () => {
      assert.equal(isProved({ ...proved, [label]: `${proved[label] ?? ''}x` }, ['ours'], key), false);
      const { [label]: _without, ...rest } = proved;
      assert.equal(isProved(rest, ['ours'], key), false);
    });
  }

  it('leaves no label of ours for an image to fill in', () => {
    const image = Object.fromEntries(Object.values(hostLabels).map((label) => [label, 'from the image']));
    assert.equal(isProved({ ...image, ...proved }, ['ours'], key), true);
  });
});

describe('the host that made a container', () => {
  const createdAt = new Date();
  const early = new Date(0);
  const afterBoot = { ...plain, [hostLabels.bootId]: 'another' };

  it('is unknown when its start time is not told', () => {
    const labels = { ...plain, [hostLabels.processStart]: '', [hostLabels.processId]: String(2 ** 22 + 1) };
    assert.equal(ownerLiveness({ labels, state: 'exited', createdAt }), 'unknown');
  });

  it('is unknown when labels of it are missing', () => {
    const elsewhere: Readonly<Record<string, string>> = {
      ...plain,
      [hostLabels.processId]: String(2 ** 22 + 1),
    };
    const { bootId, pidNamespace, processStart, processId } = hostLabels;
    for (const label of [bootId, pidNamespace, processStart, processId]) {
      const { [label]: _missing, ...labels } = elsewhere;
      assert.equal(ownerLiveness({ labels, state: 'exited', createdAt }), 'unknown', label);
    }
  });

  it('is gone after a boot only when its container is older and rests', (t) => {
    if (plain[hostLabels.machineId] === '') {
      t.skip('this machine has no /etc/machine-id');
      return;
    }
    assert.equal(ownerLiveness({ labels: afterBoot, state: 'exited', createdAt: early }), 'gone');
    assert.equal(ownerLiveness({ labels: afterBoot, state: 'running', createdAt: early }), 'unknown');
    assert.equal(ownerLiveness({ labels: afterBoot, state: 'paused', createdAt: early }), 'unknown');
    assert.equal(ownerLiveness({ labels: afterBoot, state: 'exited', createdAt }), 'unknown');
  });

  it('is unknown when it is on another machine', () => {
    const labels = { ...afterBoot, [hostLabels.machineId]: 'ffffffffffffffff' };
    assert.equal(ownerLiveness({ labels, state: 'exited', createdAt: early }), 'unknown');
  });
});
