/** Since API 1.52 Docker tells the disk usage in another form, and lists what there is only when it is asked to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';

const usage = {
  images: [{ id: 'sha256:aa', sizeBytes: 5, containers: 1 }],
  containers: [{ id: 'c', names: ['web'], writtenBytes: 2, totalBytes: 7 }],
  volumes: [{ name: 'v', sizeBytes: 3, containers: 1 }],
  buildCacheBytes: 11,
};
const items = {
  Image: [{ Id: 'sha256:aa', Size: 5, Containers: 1 }],
  Container: [{ Id: 'c', Names: ['/web'], SizeRw: 2, SizeRootFs: 7 }],
  Volume: [{ Name: 'v', UsageData: { Size: 3, RefCount: 1 } }],
  BuildCache: [{ Size: 4 }, { Size: 7 }],
};

for (const [apiVersion, query, body] of [
  [
    '1.51',
    {},
    {
      Images: items.Image,
      Containers: items.Container,
      Volumes: items.Volume,
      BuildCache: items.BuildCache,
    },
  ],
  [
    '1.53',
    { verbose: 'true' },
    Object.fromEntries(Object.entries(items).map(([what, Items]) => [`${what}Usage`, { Items }])),
  ],
] as const) {
  test(`disk usage is the same in API ${apiVersion}`, async () => {
    await using server = await startRecordingServer({ apiVersion, answer: () => ({ body }) });
    const environment = { DOCKER_API_VERSION: apiVersion };
    await using engine = await connectEngine({ socketPath: server.socketPath, environment });
    assert.deepEqual(await engine.system.diskUsage(), usage);
    assert.deepEqual(server.requests[0]?.query, query);
  });
}
