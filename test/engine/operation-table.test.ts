/** Every operation on every engine that is up, as a table: which work, and with which error the few end that can't. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { BulkheadError } from '../../src/errors.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { busyboxArchive, ensureTestImage, noBusybox, testImage } from './support/busybox-image.ts';
import { createTestContainer, readText } from './support/real-engines.ts';
import { tarOf } from './support/tar-of.ts';

interface Place {
  readonly engine: Engine;
  /** A running container. */
  readonly id: string;
}

const nobody = ['io.bulkhead.test=nobody'];
const tag = 'localhost/bulkhead-test/operation-table:1';

/** In an order in which each finds what it needs. */
const operations: Readonly<Record<string, (place: Place) => Promise<unknown>>> = {
  'system.ping': ({ engine }) => engine.system.ping(),
  'system.version': ({ engine }) => engine.system.version(),
  'system.info': ({ engine }) => engine.system.info(),
  'system.diskUsage': ({ engine }) => engine.system.diskUsage(),
  'system.events': async ({ engine, id }) => {
    const since = new Date(Date.now() - 60_000);
    await using events = await engine.system.events({
      since,
      until: new Date(),
      filters: { container: [id] },
    });
    const actions: string[] = [];
    for await (const { action } of events) actions.push(action);
    assert.ok(actions.includes('start'), actions.join(', '));
  },
  'images.load': async ({ engine }) => engine.images.load(await busyboxArchive(tag)),
  'images.list': ({ engine }) => engine.images.list(),
  'images.inspect': ({ engine }) => engine.images.inspect(tag),
  'images.history': ({ engine }) => engine.images.history(tag),
  'images.tag': ({ engine }) => engine.images.tag(tag, `${tag}-again`),
  'images.save': async ({ engine }) => {
    let bytes = 0;
    for await (const { length } of await engine.images.save(tag)) bytes += length;
    assert.ok(bytes > 10_240);
  },
  'images.build': async ({ engine }) => {
    const { id } = await engine.images.build(
      await tarOf({ Dockerfile: `FROM ${testImage}\nLABEL built=yes\n` }),
      { network: 'none' },
    );
    await engine.images.remove(id);
  },
  'images.remove': async ({ engine }) => {
    await engine.images.remove(`${tag}-again`);
    await engine.images.remove(tag);
  },
  'images.prune': ({ engine }) => engine.images.prune({ labels: nobody }),
  'containers.list': ({ engine }) => engine.containers.list({ all: true }),
  'containers.inspect': ({ engine, id }) => engine.containers.inspect(id),
  'containers.logs': async ({ engine, id }) => {
    await using logs = await engine.containers.logs(id);
    const [first] = await firstOf(logs);
    assert.equal(Buffer.from(first?.data ?? []).toString(), 'ready\n');
  },
  'containers.attach': async ({ engine, id }) => {
    await using attachment = await engine.containers.attach(id, { stdin: true });
    await attachment.stdin?.write('hello\n');
    const [first] = await firstOf(attachment.stdout);
    assert.equal(Buffer.from(first ?? []).toString(), 'hello\n');
  },
  'containers.stats': ({ engine, id }) => engine.containers.stats(id),
  'containers.followStats': async ({ engine, id }) => {
    await using stats = await engine.containers.followStats(id);
    assert.equal((await firstOf(stats)).length, 1);
  },
  'containers.top': ({ engine, id }) => engine.containers.top(id),
  'containers.update': ({ engine, id }) => engine.containers.update(id, { cpuNanos: 500_000_000 }),
  'containers.rename': async ({ engine, id }) => {
    await engine.containers.rename(id, `renamed-${id.slice(0, 12)}`);
    assert.equal((await engine.containers.inspect(id)).name, `renamed-${id.slice(0, 12)}`);
  },
  'containers.changes': async ({ engine, id }) => {
    const changes = await engine.containers.changes(id);
    assert.ok(changes.some(({ path }) => path === '/tmp/new'));
  },
  'containers.statPath': ({ engine, id }) => engine.containers.statPath(id, '/bin/busybox'),
  'containers.getArchive': async ({ engine, id }) => {
    await using archive = await engine.containers.getArchive(id, '/tmp/new');
    assert.ok((await readText(archive)).includes('new'));
  },
  'containers.putArchive': async ({ engine, id }) =>
    engine.containers.putArchive(id, '/tmp', await tarOf({ put: 'here' })),
  'containers.pause': ({ engine, id }) => engine.containers.pause(id),
  'containers.unpause': ({ engine, id }) => engine.containers.unpause(id),
  'containers.restart': ({ engine, id }) => engine.containers.restart(id, { timeoutSeconds: 0 }),
  'containers.stop': ({ engine, id }) => engine.containers.stop(id, { timeoutSeconds: 0 }),
  'containers.start': ({ engine, id }) => engine.containers.start(id),
  'containers.kill': ({ engine, id }) => engine.containers.kill(id),
  'containers.wait': async ({ engine, id }) => {
    assert.equal((await engine.containers.wait(id)).exitCode, 137);
  },
  'containers.remove': ({ engine, id }) => engine.containers.remove(id),
  'containers.prune': ({ engine }) => engine.containers.prune({ labels: nobody }),
  request: ({ engine }) => engine.request({ method: 'GET', path: '/networks' }),
};

/** What an engine can't do, which is an error of its own kind and not a surprise. */
interface Exception {
  readonly operations: readonly string[];
  readonly applies: (real: TestEngine, engine: Engine) => boolean;
  readonly code: string;
}

const exceptions: readonly Exception[] = [
  // Crashes in an engine without a helper for its network, for whose version it asks (Docker 26 to 29), as here, and not in guests.
  {
    operations: ['system.version'],
    applies: ({ kind, rootless, suite }) =>
      kind === 'docker' && rootless && suite !== 'host' && suite !== 'guest',
    code: 'ENGINE_GONE',
  },
  // A rootless engine on cgroup v1 can neither freeze nor count nor limit.
  {
    operations: ['containers.pause', 'containers.unpause', 'containers.top', 'containers.update'],
    applies: ({ rootless }, { info }) => rootless && !info.memoryLimit,
    code: 'any',
  },
];

describe('every operation', { skip: loadEngines().length === 0 ? noEngines : (noBusybox ?? false) }, () => {
  const columns = new Map<string, ReadonlyMap<string, string>>();

  for (const real of loadEngines()) {
    const title = `${real.name} ${real.version}`;
    test(`works on ${title}, or ends as it is known to`, { timeout: 120_000 }, async () => {
      const [service] = real.services;
      assert.ok(service !== undefined);
      await using engine = await connectEngine({ socketPath: service.socket });
      const outcomes = await tryAll(engine);
      columns.set(title, outcomes);
      for (const [operation, outcome] of outcomes) {
        const exception = exceptions.find(
          ({ operations, applies }) => operations.includes(operation) && applies(real, engine),
        );
        if (exception?.code === 'any') continue;
        assert.equal(outcome, exception?.code ?? 'ok', operation);
      }
    });
  }

  after(() => {
    const titles = [...columns.keys()];
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
    const rows = Object.keys(operations).map((operation) =>
      line([operation, ...titles.map((title) => columns.get(title)?.get(operation) ?? '')]),
    );
    const head = ['operation', ...titles];
    process.stdout.write([line(head), line(head.map(() => '---')), ...rows].join(''));
  });
});

/** `ok` or the code of the error, by operation. */
async function tryAll(engine: Engine): Promise<Map<string, string>> {
  await ensureTestImage(engine);
  // Podman ends the input of a container when the connection that wrote to it ends.
  const script = 'echo ready; echo new > /tmp/new; cat; exec sleep 1000';
  await using container = await createTestContainer(engine, script, { openStdin: true });
  await using output = await engine.containers.attach(container.id);
  await engine.containers.start(container.id);
  await firstOf(output.stdout);
  output.close();
  const outcomes = new Map<string, string>();
  for (const [name, run] of Object.entries(operations)) {
    outcomes.set(
      name,
      await run({ engine, id: container.id }).then(
        () => 'ok',
        (error: unknown) => {
          if (error instanceof BulkheadError) return error.code;
          throw error;
        },
      ),
    );
  }
  return outcomes;
}

async function firstOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  for await (const one of stream) return [one];
  return [];
}
