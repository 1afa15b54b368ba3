/** What a sweep removes, by what an engine lists. The server speaks the engine's protocol and remembers the requests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { probeRepository } from '../../../src/container/index.ts';
import { connectEngine } from '../../../src/engine/index.ts';
import { hostLabels, ownerLabels } from '../../../src/host/orphans/labels.ts';
import { provedLabels } from '../../../src/host/orphans/owner-proof.ts';
import { sweepAll, type Sweep } from '../../../src/host/orphans/sweep.ts';
import { startRecordingServer } from '../../../src/testing/index.ts';

type Labels = Readonly<Record<string, string>>;

const cluster = { clusterId: 'cluster', key: randomBytes(32) };
const alive = ownerLabels({ hostId: 'host', clusterId: 'cluster' });
const gone: Labels = { ...alive, [hostLabels.processId]: String(2 ** 22 + 1) };
const unseen: Labels = { ...gone, [hostLabels.pidNamespace]: '1' };

/** The names of what was asked to be removed, and what the sweep says. */
async function swept(
  containers: Readonly<Record<string, Labels>>,
  images: readonly { readonly tags: readonly string[]; readonly labels: Labels }[] = [],
): Promise<{ removed: string[]; sweep: Sweep }> {
  await using server = await startRecordingServer({
    answer: ({ method, path }) => {
      if (method === 'DELETE') return { status: path.includes('/containers/') ? 204 : 200, body: '[]' };
      if (path.endsWith('/containers/json')) return { body: Object.entries(containers).map(container) };
      if (path.endsWith('/images/json')) return { body: images.map(image) };
      return { status: 404, body: { message: 'no such container' } };
    },
  });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  const sweep = await sweepAll([engine], [], cluster);
  const removals = server.requests.filter(({ method }) => method === 'DELETE');
  return {
    removed: removals.map(({ path }) => decodeURIComponent(path.replace(/^\/v[\d.]+\/\w+\//, ''))),
    sweep,
  };
}

function container([name, labels]: [string, Labels]): object {
  return {
    Id: `id-of-${name}`,
    Names: [`/${name}`],
    Image: 'image',
    ImageID: 'sha256:0',
    Command: '',
    Created: Math.floor(Date.now() / 1000),
    State: 'exited',
    Status: '',
    Labels: labels,
  };
}

function image({ tags, labels }: { tags: readonly string[]; labels: Labels }): object {
  return { Id: 'sha256:1', RepoTags: tags, RepoDigests: [], Created: 0, Size: 1, Labels: labels };
}

const ours = (labels: Labels, name: string): Labels => provedLabels(labels, name, cluster.key);

it('removes the container of a host that is gone', async () => {
  const { removed, sweep } = await swept({ dead: ours(gone, 'dead') });
  assert.deepEqual(removed, ['id-of-dead']);
  assert.deepEqual(sweep.unproved, []);
});

it('keeps what a living host has, and what is of a host that can not be seen', async () => {
  const { removed } = await swept({ living: ours(alive, 'living'), unseen: ours(unseen, 'unseen') });
  assert.deepEqual(removed, []);
});

it('keeps, and names, what carries labels of ours that no host of this user has set', async () => {
  const { removed, sweep } = await swept({ forged: gone, copied: ours(gone, 'another') });
  assert.deepEqual(removed, []);
  assert.deepEqual(sweep.unproved, ['forged', 'copied']);
  assert.deepEqual(sweep.containers, []);
});

it('does not look for folders where a label says that it has not set', async () => {
  const victim = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    // A folder that a sweep would remove: of this user and cluster, and its host is gone.
    const folder = join(victim, 'bulkhead-h-aaaaaa');
    await mkdir(folder, { mode: 0o700 });
    const process = {
      bootId: gone[hostLabels.bootId],
      machineId: gone[hostLabels.machineId],
      pidNamespace: gone[hostLabels.pidNamespace],
      pid: 2 ** 22 + 1,
      startTime: gone[hostLabels.processStart],
    };
    await writeFile(
      join(folder, 'owner.json'),
      JSON.stringify({ hostId: 'host', clusterId: 'cluster', process }),
      { mode: 0o600 },
    );
    const { sweep } = await swept({
      forged: { ...gone, [hostLabels.folder]: join(folder, 'x') },
      copied: ours({ ...gone, [hostLabels.folder]: folder }, 'other'),
    });
    assert.deepEqual(sweep.folders, []);
    await stat(folder);
  } finally {
    await rm(victim, { recursive: true });
  }
});

const probe = `${probeRepository}12345678`;

it('removes the image of a probe whose matrix is gone', async () => {
  const { removed } = await swept({}, [{ tags: [`${probe}:plain`], labels: ours(gone, probe) }]);
  assert.deepEqual(removed, [`${probe}:plain`]);
});

it('keeps an image under the name that somebody else gave it', async () => {
  const tags = [`${probe}:plain`, 'localhost/theirs:1'];
  const { removed, sweep } = await swept({}, [{ tags, labels: ours(gone, probe) }]);
  assert.deepEqual(removed, [`${probe}:plain`]);
  assert.deepEqual(sweep.images, [`${probe}:plain`]);
});

it('keeps an image with a name of somebody else, whatever its labels say', async () => {
  const other = 'localhost/theirs';
  const { removed } = await swept({}, [{ tags: [`${other}:1`], labels: ours(gone, other) }]);
  assert.deepEqual(removed, []);
});

it('keeps an image with the name of a probe and labels that prove nothing', async () => {
  const { removed } = await swept({}, [
    { tags: [`${probe}:plain`], labels: gone },
    { tags: [`${probeRepository}87654321:plain`], labels: ours(gone, probe) },
    { tags: [`${probe}:locking`], labels: ours(unseen, probe) },
  ]);
  assert.deepEqual(removed, []);
});
