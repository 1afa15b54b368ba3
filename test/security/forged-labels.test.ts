/** Images that carry our labels: what somebody runs of them is neither removed, nor listed as ours, nor believed. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadImage, writeImageArchive } from '../../src/packing/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { ownerLabels } from '../../src/host/orphans/labels.ts';
import { ownerKey } from '../../src/host/orphans/owner-key.ts';
import { provedLabels } from '../../src/host/orphans/owner-proof.ts';
import { hostLabels, PluginHost } from '../../src/index.ts';
import { bulkhead } from '../cli/bulkhead.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';

const noProcess = String(2 ** 22 + 1);

/** Makes a container as a user of the engine does, with nothing of its own but the image and a name. */
async function madeFrom(engine: Engine, labels: Readonly<Record<string, string>>) {
  const tag = `localhost/bulkhead-test/forged:${randomBytes(6).toString('hex')}`;
  const name = `not-ours-${randomBytes(6).toString('hex')}`;
  const files = [{ path: '/nothing', content: Buffer.alloc(0) }];
  await loadImage(engine, await writeImageArchive({ tag, files, entrypoint: ['/nothing'], labels }));
  const { id } = await engine.containers.create({ name, image: tag });
  return {
    id,
    name,
    async [Symbol.asyncDispose]() {
      await engine.containers.remove(id, { force: true }).catch(() => undefined);
      await engine.images.remove(tag);
    },
  };
}

/** A folder of sockets that a host of that process has left. */
async function leftFolder(parent: string, clusterId: string, labels: Readonly<Record<string, string>>) {
  const folder = join(parent, 'bulkhead-h-victim');
  await mkdir(folder, { mode: 0o700 });
  const process = {
    bootId: labels[hostLabels.bootId],
    machineId: labels[hostLabels.machineId],
    pidNamespace: labels[hostLabels.pidNamespace],
    pid: Number(noProcess),
    startTime: labels[hostLabels.processStart],
  };
  const owner = JSON.stringify({ hostId: 'dead', clusterId, process });
  await writeFile(join(folder, 'owner.json'), owner, { mode: 0o600 });
  return folder;
}

async function openHost(testEngine: TestEngine, socketPath: string, clusterId: string) {
  const parent = await ownSocketParent(testEngine);
  const host = await PluginHost.open({
    socketPath,
    clusterId,
    runtime: 'runc',
    socketDirectory: parent.path,
  });
  return {
    host,
    async [Symbol.asyncDispose]() {
      await host.close();
      await parent[Symbol.asyncDispose]();
    },
  };
}

const places = loadEngines().flatMap((testEngine) =>
  testEngine.services
    .filter(({ runtime }) => runtime === 'runc')
    .map(({ socket }) => ({ testEngine, socketPath: socket })),
);

if (places.length === 0) it('labels of an image', { skip: noEngines }, () => undefined);

for (const { testEngine, socketPath } of places) {
  describe(`labels of an image on ${testEngine.suite} ${testEngine.name}`, () => {
    it('make no container ours: it is left alone, and named', { timeout: 120_000 }, async () => {
      const clusterId = randomUUID();
      const { key } = await ownerKey();
      const victim = await mkdtemp(join(testEngine.shareDirectory, 'victim-'));
      const gone = {
        ...ownerLabels({ hostId: 'dead', clusterId }),
        [hostLabels.processId]: noProcess,
        [hostLabels.instanceId]: 'deadbeef0001',
        [hostLabels.pluginName]: 'forged',
        [hostLabels.folder]: join(victim, 'bulkhead-h-victim'),
      };
      const folder = await leftFolder(victim, clusterId, gone);
      try {
        await using engine = await connectEngine({ socketPath });
        await using forged = await madeFrom(engine, gone);
        // All labels of a container of ours, its proof among them, seen at the engine and put into an image.
        await using copied = await madeFrom(engine, provedLabels(gone, 'bulkhead-of-ours', key));
        await using opened = await openHost(testEngine, socketPath, clusterId);
        const swept = await opened.host.gc();
        assert.deepEqual([...swept.unproved].sort(), [forged.name, copied.name].sort());
        assert.deepEqual(
          { ...swept, unproved: [] },
          { containers: [], images: [], folders: [], unproved: [], failures: [] },
        );
        for (const { id } of [forged, copied]) assert.equal((await engine.containers.inspect(id)).id, id);
        await stat(folder);

        const { status, stdout, stderr } = bulkhead(['ps', `-engine=${socketPath}`, '-format=json']);
        assert.equal(status, 0, stderr);
        assert.ok(!stdout.includes('forged') && !stdout.includes('deadbeef0001'), stdout);
        assert.match(stderr, /Not shown: .*not-ours-/);
      } finally {
        await rm(victim, { recursive: true });
      }
    });

    it('do not hide a container that is ours', { timeout: 120_000 }, async () => {
      const clusterId = randomUUID();
      const { key } = await ownerKey();
      const gone = { ...ownerLabels({ hostId: 'dead', clusterId }), [hostLabels.processId]: noProcess };
      await using engine = await connectEngine({ socketPath });
      // What the image says of a label that a host has nothing to say of must not come through.
      await using other = await madeFrom(engine, { [hostLabels.instanceId]: 'from the image' });
      const name = `ours-${randomBytes(6).toString('hex')}`;
      const { image } = await engine.containers.inspect(other.id);
      const { id } = await engine.containers.create({ name, image, labels: provedLabels(gone, name, key) });
      await using opened = await openHost(testEngine, socketPath, clusterId);
      assert.equal(opened.host.metrics().sweptContainers, 1);
      await assert.rejects(engine.containers.inspect(id), { code: 'ENGINE_NOT_FOUND' });
    });
  });
}
