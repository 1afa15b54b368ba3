import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEngine, EngineError, type EngineEvent } from '../../src/engine/index.ts';
import { connectWithImage, createTestContainer, describeEngines } from './support/real-engines.ts';

const timeout = 60_000;

describeEngines(
  'what an engine is',
  (real) => {
    test('is told by ping, version and info alike', { timeout }, async () => {
      await using engine = await connectEngine({ socketPath: real.socketPath });
      assert.equal(engine.kind, real.kind);
      assert.equal(engine.rootless, real.rootless);
      assert.match(engine.apiVersion, /^1\.\d+$/);

      const ping = await engine.system.ping();
      assert.deepEqual([ping.kind, ping.version], [real.kind, engine.version]);

      const { raw, ...info } = await engine.system.info();
      assert.ok(raw);
      assert.equal(info.serverVersion, engine.version);
      assert.equal(info.rootless, real.rootless);
      assert.equal(info.architecture, { x64: 'amd64', arm64: 'arm64' }[process.arch as string]);
      assert.ok(['1', '2'].includes(info.cgroupVersion));
      assert.ok(Object.keys(info.runtimes).includes(real.runtime), JSON.stringify(info.runtimes));
      if (real.kind === 'podman') assert.equal(info.defaultRuntime, real.runtime);
      assert.equal(info.securityOptions.includes('name=rootless'), real.rootless);
      assert.equal(info.idMappings !== undefined, real.kind === 'podman' && real.rootless);
      if (info.rootless && info.cgroupVersion === '1') {
        assert.deepEqual([info.memoryLimit, info.pidsLimit, info.cpuCfsQuota], [false, false, false]);
      }

      // Some engines crash on this question; the client must not, and nothing else may depend on it.
      const version = await engine.system.version().catch((error: unknown) => error);
      if (version instanceof EngineError) assert.equal(version.code, 'ENGINE_GONE');
      else assert.equal((version as { version: string }).version, engine.version);
    });
  },
  { everyRuntime: true },
);

describeEngines('many calls', (real) => {
  test('may have one signal, and nothing is said of a leak', { timeout }, async (t) => {
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on('warning', keep);
    t.after(() => process.off('warning', keep));
    await using engine = await connectEngine({ socketPath: real.socketPath });
    const abort = new AbortController();
    const { signal } = abort;
    await Promise.all(Array.from({ length: 20 }, () => engine.system.ping({ signal })));
    const follows = await Promise.all(Array.from({ length: 20 }, () => engine.system.events({ signal })));
    abort.abort(new Error('enough'));
    for (const events of follows) {
      await assert.rejects(async () => {
        for await (const event of events) assert.ok(event);
      }, signal.reason as Error);
    }
    assert.deepEqual(warnings, []);
  });
});

describeEngines('events', (real) => {
  test(
    'tell the life of a container in the same words, from the moment it is followed',
    { timeout },
    async () => {
      await using engine = await connectWithImage(real);
      await using events = await engine.system.events({
        filters: { type: ['container'], label: [`test.events=${real.title}`] },
      });
      const container = await createTestContainer(engine, 'exit 3', {
        labels: { 'test.events': real.title },
      });
      await engine.containers.start(container.id);
      await engine.containers.wait(container.id);
      await engine.containers.remove(container.id);

      const seen: EngineEvent[] = [];
      for await (const event of events) {
        seen.push(event);
        if (event.action === 'destroy') break;
      }
      assert.ok(seen.every(({ type, id }) => type === 'container' && id === container.id));
      const actions = seen.map(({ action }) => action);
      assert.deepEqual(
        actions.filter((action) => ['create', 'start', 'die', 'destroy'].includes(action)),
        ['create', 'start', 'die', 'destroy'],
      );
      const died = seen.find(({ action }) => action === 'die');
      assert.equal(died?.attributes['exitCode'], '3');
      assert.equal(died.attributes['test.events'], real.title);
      assert.ok(Math.abs(died.time.getTime() - Date.now()) < 60_000);
    },
  );

  test('go on after the last one seen, and lose or repeat nothing', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const label = `test.resume=${real.title}`;
    const filters = { type: ['container'], event: ['create', 'destroy'], label: [label] };
    const labels = { 'test.resume': real.title };
    const since = new Date(Date.now() - 1000);
    for (let i = 0; i < 3; i += 1)
      await (await createTestContainer(engine, '', { labels }))[Symbol.asyncDispose]();
    const all = await take(6, await engine.system.events({ since, filters }));
    const [, , third] = all;
    assert.ok(third);
    const rest = await take(3, await engine.system.events({ since: third.position, filters }));
    assert.deepEqual(rest, all.slice(3));
  });

  test('end at the time that was given', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const label = `test.until=${real.title}`;
    const since = new Date(Date.now() - 1000);
    const container = await createTestContainer(engine, '', { labels: { 'test.until': real.title } });
    await container[Symbol.asyncDispose]();
    const until = new Date(Date.now() + 1000);
    const seen: string[] = [];
    for await (const { action } of await engine.system.events({
      since,
      until,
      filters: { label: [label] },
    })) {
      seen.push(action);
    }
    assert.ok(seen.includes('create') && seen.includes('destroy'), seen.join());
  });

  test('that are aborted end with the reason', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const controller = new AbortController();
    const events = await engine.system.events({ signal: controller.signal });
    const next = events[Symbol.asyncIterator]().next();
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(next, (error) => error === reason);
  });
});

describeEngines('disk usage', (real) => {
  test('counts what is there', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'true');
    const { images, containers } = await engine.system.diskUsage();
    const { imageId } = await engine.containers.inspect(container.id);
    assert.ok((images.find(({ id }) => id === imageId)?.sizeBytes ?? 0) > 100_000);
    assert.deepEqual(containers.find(({ id }) => id === container.id)?.names, [container.name]);
  });

  // Docker before 23 refuses to count twice at a time, and other tests may have it count.
  if (real.kind === 'docker') return;
  test('is told while containers come and go', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    let working = true;
    const comeAndGo = async (): Promise<void> => {
      for (let round = 0; round < 15; round += 1) {
        await using container = await createTestContainer(engine, 'true');
        assert.ok(container.id);
      }
    };
    const work = Promise.all([comeAndGo(), comeAndGo()]).finally(() => (working = false));
    // TypeScript does not see that it changes.
    while (working as boolean) assert.ok((await engine.system.diskUsage()).images.length > 0);
    await work;
  });
});

async function take(count: number, events: AsyncIterable<EngineEvent>): Promise<EngineEvent[]> {
  const taken: EngineEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
