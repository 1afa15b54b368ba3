/** What real engines answer is what the extracts say they answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEngine, type Engine } from '../../../src/engine/index.ts';
import { ensureTestImage, testImage } from '../support/busybox-image.ts';
import { createTestContainer, describeEngines } from '../support/real-engines.ts';
import { startRecordingProxy, type RecordedAnswer } from '../support/recording-proxy.ts';
import { dockerExtract, libpodExtract, type Endpoint } from './documents.ts';
import { violations } from './validate.ts';

const timeout = 120_000;

describeEngines('recorded answers', (real) => {
  test(
    'are what the extracts describe, for every call that has an answer to read',
    { timeout },
    async (t) => {
      await using direct = await connectEngine({ socketPath: real.socketPath });
      await ensureTestImage(direct);
      await using proxy = await startRecordingProxy(real.socketPath);
      await using engine = await connectEngine({ socketPath: proxy.socketPath });
      await exercise(engine);

      const checked = new Set<string>();
      for (const answer of proxy.answers) {
        const endpoint = endpointOf(answer);
        assert.ok(endpoint !== undefined, `no extract has ${answer.method} ${answer.path}`);
        const schema = endpoint.responses[String(answer.status)];
        if (schema === undefined || answer.body === '') continue;
        const document = answer.libpod ? libpodExtract : dockerExtract;
        if (document.resolve(schema).type === 'string') continue;
        for (const value of jsonValues(answer.body, endpoint.request)) {
          assert.deepEqual(violations(value, schema, document), [], `${answer.method} ${answer.path}`);
        }
        checked.add(`${answer.libpod ? 'libpod ' : ''}${endpoint.request}`);
      }
      t.diagnostic(`${checked.size} calls: ${[...checked].sort().join(', ')}`);
      const expected = real.kind === 'docker' ? 14 : 13;
      assert.ok(checked.size >= expected, `only ${checked.size}: ${[...checked].join(', ')}`);
    },
  );
});

/** One of everything that answers with a document and comes to an end. */
async function exercise(engine: Engine): Promise<void> {
  const { system, images, containers } = engine;
  // Rootless Docker 26 and 28 crash on the question for the version.
  await system.version().catch(() => undefined);
  await system.info();
  await system.diskUsage();
  await images.list();
  await images.inspect(testImage);
  await images.history(testImage);
  await images.tag(testImage, 'localhost/bulkhead-test/recorded:1');
  await images.remove('localhost/bulkhead-test/recorded:1');
  await using container = await createTestContainer(engine, 'echo x > /tmp/new; exec sleep 1000');
  await containers.inspect(container.id);
  await containers.start(container.id);
  await containers.list({ all: true });
  await containers.stats(container.id).catch(() => undefined);
  await containers.top(container.id).catch(() => undefined);
  await containers.inspect(container.id);
  await containers.changes(container.id);
  await containers.kill(container.id);
  await containers.wait(container.id);
  await containers.inspect(container.id);
  const since = new Date(Date.now() - 60_000);
  await using events = await system.events({ since, until: new Date() });
  for await (const { id } of events) assert.equal(typeof id, 'string');
  await containers.prune({ labels: ['io.bulkhead.test=nobody'] });
  await images.prune({ labels: ['io.bulkhead.test=nobody'] });
  await assert.rejects(containers.inspect('no-such-container'));
}

function endpointOf({ method, path, libpod }: RecordedAnswer): Endpoint | undefined {
  const { endpoints } = libpod ? libpodExtract : dockerExtract;
  return endpoints.find(({ request }) => {
    const [verb, template = ''] = request.split(' ');
    if (verb !== method) return false;
    const pattern = template.replace(/[.]/g, '\\.').replace('{name}', '.+').replace('{id}', '[^/]+');
    return new RegExp(`^${pattern}$`).test(path);
  });
}

/** Events come as one JSON object after the other. */
function jsonValues(body: string, request: string): unknown[] {
  if (request !== 'GET /events') return [JSON.parse(body)];
  return body.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as unknown]));
}
