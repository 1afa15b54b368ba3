/** Bad input and bad luck: each ends with one typed error, and leaves nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launchPlugin } from '../../src/container/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import {
  BulkheadError,
  loadProto,
  PluginError,
  PluginHost,
  type DynamicService,
  type ErrorCode,
  type LaunchOptions,
  type Plugin,
} from '../../src/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';
import { heldResources, leftovers } from './leftovers.ts';
import { ownSocketParent } from './socket-parent.ts';

const limits = { timeout: 120_000 };
const cells = loadEngines()
  .filter(({ rootless }) => !rootless)
  .flatMap((engine) =>
    engine.services.filter(({ runtime }) => runtime === 'runc').map((service) => ({ engine, service })),
  );

if (cells.length === 0) it('fails cleanly', { skip: noEngines }, () => undefined);

interface KeyValue {
  Get(request: { key: string }, options?: { signal?: AbortSignal }): Promise<{ value: Uint8Array }>;
}

for (const { engine: testEngine, service } of cells) {
  describe(`on ${testEngine.suite} ${testEngine.name}`, () => {
    let engine: Engine;
    let host: PluginHost;
    let image: string;
    let definition: DynamicService;
    let parent: Awaited<ReturnType<typeof ownSocketParent>>;
    before(async () => {
      engine = await connectEngine({ socketPath: service.socket });
      const fixture = await loadFixture(engine, anyKeyValue);
      assert.ok(fixture.skipped === undefined);
      image = fixture.tag;
      const services = await loadProto('test/plugins/proto/kv.proto');
      assert.ok(services['proto.KV']);
      definition = services['proto.KV'];
      parent = await ownSocketParent(testEngine);
      host = await PluginHost.open({ socketPath: service.socket, runtime: service.runtime });
    });
    after(async () => {
      await host.close();
      assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
      await engine.close();
      await parent[Symbol.asyncDispose]();
    });

    function start(mode: string, options: Partial<LaunchOptions> = {}): Promise<Plugin> {
      return host.start({
        image,
        args: [mode],
        handshake: fixtureHandshake,
        protocolVersions: [1],
        socketDirectory: parent.path,
        startTimeoutMs: 30_000,
        ...options,
      });
    }

    async function failure(work: Promise<unknown>, code: ErrorCode): Promise<BulkheadError> {
      const error: unknown = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof BulkheadError, `expected an error of ours, got ${String(error)}`);
      assert.equal(error.code, code, error.message);
      assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
      return error;
    }

    it('names an image that is not there', limits, async () => {
      const error = await failure(start('serve', { image: 'localhost/no-such:1' }), 'IMAGE_NOT_PRESENT');
      assert.match(error.message, /localhost\/no-such:1/);
      assert.match(error.hint ?? '', /never pulls/);
    });

    it('refuses a runtime that is not there', limits, async () => {
      const error = await failure(start('serve', { runtime: 'no-such-runtime' }), 'LAUNCH_REFUSED');
      assert.match(error.message, /no-such-runtime/);
    });

    it('tells the exit code and the last words of a plugin that ends at once', limits, async () => {
      const error = await failure(start('exit-3'), 'PLUGIN_EXITED');
      assert.ok(error instanceof PluginError);
      assert.equal(error.exit?.code, 3);
      assert.equal(error.phase, 'handshake');
      assert.match(error.output.stderr, /the license file is missing/);
    });

    it('tells it too where the engine ends the output long before it reports the end', limits, async () => {
      await using proxy = await startFaultProxy({
        target: service.socket,
        fault: ({ target }) => (target.includes('/wait') ? { kind: 'delay', ms: 1_500 } : { kind: 'none' }),
      });
      await using slow = await connectEngine({ socketPath: proxy.socketPath });
      const launching = launchPlugin(slow, {
        ...{ image, args: ['exit-3'], runtime: service.runtime, socketDirectory: parent.path },
        ...{ handshake: fixtureHandshake, protocolVersions: [1], startTimeoutMs: 30_000 },
      });
      const error = await launching.catch((reason: unknown) => reason);
      assert.ok(error instanceof PluginError, String(error));
      assert.equal(error.code, 'PLUGIN_EXITED', error.message);
      assert.equal(error.exit?.code, 3);
    });

    it('quotes what came in place of a handshake', limits, async () => {
      const error = await failure(start('garbage'), 'HANDSHAKE_NOT_RECOGNISED');
      assert.ok(error instanceof PluginError);
      assert.match(`${error.message} ${error.output.stdout}`, /Welcome to the plugin!/);
    });

    it('ends the waiting for a silent plugin at the time limit', limits, async () => {
      const error = await failure(start('silent', { startTimeoutMs: 3_000 }), 'PLUGIN_START_TIMEOUT');
      assert.ok(error instanceof PluginError);
      assert.equal(error.phase, 'handshake');
    });

    it('tells a plugin of another core protocol from other garbage', limits, async () => {
      const error = await failure(start('core-2'), 'HANDSHAKE_CORE_VERSION');
      assert.match(error.message, /2/);
    });

    it('names the exit code of a plugin that dies during a call', limits, async () => {
      const plugin = await start('serve');
      const kv = plugin.client<KeyValue>(definition);
      const error = await kv.Get({ key: 'crash' }).catch((reason: unknown) => reason);
      assert.ok(error instanceof PluginError);
      assert.equal(error.code, 'PLUGIN_EXITED');
      assert.equal(error.exit?.code, 7);
      assert.match(error.output.stderr, /the store is corrupt/);
      await plugin[Symbol.asyncDispose]();
      assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
    });

    it(
      'rethrows the reason of an abort before, while creating and while waiting for the handshake',
      limits,
      async () => {
        const reason = new Error('the caller has changed its mind');
        await assert.rejects(start('silent', { signal: AbortSignal.abort(reason) }), reason);

        const creating = new AbortController();
        const created = start('silent', { signal: creating.signal });
        setImmediate(() => {
          creating.abort(reason);
        });
        await assert.rejects(created, reason);
        assert.deepEqual(await leftovers(engine, host.id, parent.path), []);

        const waiting = new AbortController();
        const started = start('silent', { signal: waiting.signal });
        await running(engine, host.id);
        waiting.abort(reason);
        await assert.rejects(started, reason);
        assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
      },
    );

    it('rethrows the reason of an abort during a call, and the plugin goes on', limits, async () => {
      await using plugin = await start('serve');
      const kv = plugin.client<KeyValue>(definition);
      const call = new AbortController();
      const reason = new Error('too slow');
      const slow = kv.Get({ key: 'slow' }, { signal: call.signal });
      setImmediate(() => {
        call.abort(reason);
      });
      await assert.rejects(slow, reason);
      await plugin.health();
    });

    it('ends a plugin that ignores every request to end', limits, async () => {
      const plugin = await start('stubborn');
      const exit = await plugin.stop({ graceMs: 100 });
      assert.equal(exit.code, 137);
      await plugin[Symbol.asyncDispose]();
      assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
    });

    it('closes while a plugin is starting, and refuses work afterwards', limits, async () => {
      const closing = await PluginHost.open({ socketPath: service.socket, runtime: service.runtime });
      const starting = closing.start({
        image,
        args: ['silent'],
        handshake: fixtureHandshake,
        protocolVersions: [1],
        socketDirectory: parent.path,
      });
      const failed = assert.rejects(starting, { code: 'HOST_CLOSED' });
      await running(engine, closing.id);
      await closing.close();
      await failed;
      assert.deepEqual(await leftovers(engine, closing.id, parent.path), []);
      await assert.rejects(closing.start({ image, handshake: fixtureHandshake, protocolVersions: [1] }), {
        code: 'HOST_CLOSED',
      });
    });

    it(
      'blames the engine, and not the image, when it is lost while it starts the container',
      limits,
      async () => {
        await using proxy = await startFaultProxy({ target: service.socket });
        await using behind = await PluginHost.open({
          socketPath: proxy.socketPath,
          runtime: service.runtime,
        });
        proxy.fault = ({ method, target }) =>
          method === 'POST' && target.endsWith('/start')
            ? { kind: 'cut-head', afterBytes: 0 }
            : { kind: 'none' };
        const starting = behind.start({
          image,
          handshake: fixtureHandshake,
          protocolVersions: [1],
          socketDirectory: parent.path,
        });
        assert.equal((await failure(starting, 'ENGINE_GONE')).blames, 'engine');
        assert.deepEqual(await leftovers(engine, behind.id, parent.path), []);
      },
    );

    it('holds no more sockets and timers after ten failed launches than before', limits, async () => {
      await failure(start('exit-3'), 'PLUGIN_EXITED');
      const before = heldResources();
      for (let launch = 0; launch < 10; launch += 1) await failure(start('exit-3'), 'PLUGIN_EXITED');
      const { sockets, timers } = heldResources();
      assert.ok(sockets <= before.sockets + 1, `${sockets} sockets, ${before.sockets} before`);
      assert.ok(timers <= before.timers, `${timers} timers, ${before.timers} before`);
    });
  });
}

/** Resolves when a container of this host runs. Asks the engine again until it does: the test's time limit ends it. */
async function running(engine: Engine, hostId: string): Promise<void> {
  const filters = { label: [`io.bulkhead.host=${hostId}`], status: ['running'] };
  while ((await engine.containers.list({ filters })).length === 0);
}
