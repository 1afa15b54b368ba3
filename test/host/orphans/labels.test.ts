/** The labels of a host's containers, and what they tell about it. */
import assert from 'node:assert/strict';
import { uptime } from 'node:os';
import { describe, it } from 'node:test';
import {
  hostLabels,
  labelsOf,
  noteClosed,
  ownerLabels,
  ownerLiveness,
} from '../../../src/host/orphans/labels.ts';
import { proofLabel, provedLabels } from '../../../src/host/orphans/owner-proof.ts';
import { processIdentity, thisProcess } from '../../../src/linux/process-identity.ts';

const host = { hostId: 'a host', clusterId: 'a cluster' };
const plugin = { type: 'secret', name: 'kv', version: 'v1.2.3' } as const;
const place = { instanceId: 'an instance', folder: '/a/folder' };

describe('the labels of a container', () => {
  it('name its owner, its plugin and its place, and when it was made', () => {
    const labels = labelsOf({ ...host, vaultLabels: false }, plugin, place);
    const created = labels[hostLabels.created] ?? '';
    assert.equal(new Date(created).toISOString(), created);
    const { bootId, machineId, pid, pidNamespace, startTime } = thisProcess();
    assert.deepEqual(labels, {
      'io.bulkhead.host': 'a host',
      'io.bulkhead.cluster.id': 'a cluster',
      'io.bulkhead.pid': String(pid),
      'io.bulkhead.pid.start': startTime,
      'io.bulkhead.pid.namespace': pidNamespace,
      'io.bulkhead.boot.id': bootId,
      'io.bulkhead.machine.id': machineId,
      'io.bulkhead.plugin.name': 'kv',
      'io.bulkhead.plugin.type': 'secret',
      'io.bulkhead.plugin.version': 'v1.2.3',
      'io.bulkhead.instance.id': 'an instance',
      'io.bulkhead.folder': '/a/folder',
      'io.bulkhead.created': created,
    });
  });

  it("say the same in Vault's spelling where that is wished", () => {
    const plain = labelsOf({ ...host, vaultLabels: false }, plugin, place);
    const both = labelsOf({ ...host, vaultLabels: true }, plugin, place);
    const created = both[hostLabels.created] ?? '';
    assert.deepEqual(both, {
      ...plain,
      [hostLabels.created]: created,
      'com.hashicorp.vault.pid': String(process.pid),
      'com.hashicorp.vault.cluster.id': 'a cluster',
      'com.hashicorp.vault.plugin.name': 'kv',
      'com.hashicorp.vault.plugin.type': 'secret',
      'com.hashicorp.vault.plugin.version': 'v1.2.3',
    });
  });

  it('are proved together with those of others, and those that are not given are empty', () => {
    const proved = provedLabels({ ...ownerLabels(host), theirs: 'kept' }, 'ours', Buffer.alloc(32));
    assert.equal(proved['theirs'], 'kept');
    assert.equal(proved[hostLabels.folder], '');
    assert.match(proved[proofLabel] ?? '', /^[0-9a-f]{64}$/);
  });
});

describe('the host that made a container', () => {
  const seen = { state: 'exited', createdAt: new Date() };

  it('counts as closed only in the process that closed it', () => {
    noteClosed('closed in labels');
    const closed = ownerLabels({ hostId: 'closed in labels', clusterId: 'a cluster' });
    assert.equal(ownerLiveness({ ...seen, labels: closed }), 'gone');
    const parent = processIdentity(process.ppid);
    assert.ok(parent);
    const another = {
      ...closed,
      [hostLabels.processId]: String(parent.pid),
      [hostLabels.processStart]: parent.startTime,
    };
    assert.equal(ownerLiveness({ ...seen, labels: another }), 'alive');
    const unseen = { ...closed, [hostLabels.pidNamespace]: '1' };
    assert.equal(ownerLiveness({ ...seen, labels: unseen }), 'unknown');
  });

  it('is gone with the boot before which the container was made, and unknown when it was made after that', (t) => {
    const labels: Record<string, string> = { ...ownerLabels(host), [hostLabels.bootId]: 'another' };
    if (labels[hostLabels.machineId] === '') {
      t.skip('this machine has no /etc/machine-id');
      return;
    }
    const boot = Date.now() - uptime() * 1_000;
    for (const state of ['created', 'configured', 'exited', 'stopped', 'dead']) {
      const before = { labels, state, createdAt: new Date(boot - 60_000) };
      assert.equal(ownerLiveness(before), 'gone', state);
      assert.equal(ownerLiveness({ ...before, createdAt: new Date(boot + 60_000) }), 'unknown', state);
    }
  });
});
