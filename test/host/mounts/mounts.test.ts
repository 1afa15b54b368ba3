/** Many mounts on one plugin; new plugins in place of old ones; limits. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, it } from 'node:test';
import {
  HostLimitError,
  ReloadFailedError,
  type Mount,
  type MountOptions,
  type Plugin,
  type PluginHost,
} from '../../../src/index.ts';
import { describeCells, only, sharedKind, type Cell, type KeyValue } from '../cell.ts';

const limits = { timeout: 120_000 };
const value = Buffer.from('v');

describeCells('mounts', (openCell, engineKind, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  function withPlugins(
    options: Parameters<Cell['withHost']>[0],
    test: (host: PluginHost) => Promise<void>,
  ): Promise<void> {
    return cell.withHost(options, async (host) => {
      for (const type of ['kv', 'single']) {
        const plugin = { type, name: 'kv', ociImage: cell.image };
        await host.plugins.register({ ...plugin, version: '1.0.0' }, { skipProbe: true });
      }
      await test(host);
    });
  }

  const client = (mount: Mount): KeyValue => mount.client<KeyValue>(cell.definition);

  itInTurn('share a plugin that may be shared; the last one out stops it', limits, () =>
    withPlugins({}, async (host) => {
      const mounts = await Promise.all(Array.from({ length: 5 }, () => host.mount('kv', 'kv')));
      assert.equal(host.instances().length, 1);
      assert.deepEqual([...only(host).mounts].sort(), mounts.map(({ mountId }) => mountId).sort());
      const [first, ...rest] = mounts;
      assert.ok(first);
      await client(first).put({ key: 'a', value });
      for (const mount of rest) await mount.close();
      assert.equal(String((await client(first).get({ key: 'a' })).value), 'v');
      await first.close();
      assert.deepEqual(host.instances(), []);
      assert.deepEqual(await cell.remains(host), []);
      await assert.rejects(client(first).get({ key: 'a' }), { code: 'MOUNT_CLOSED' });
    }),
  );

  itInTurn(
    'have one each of a plugin that may not be shared, of another version, and when they ask for it',
    limits,
    () =>
      withPlugins({}, async (host) => {
        await host.plugins.register(
          { type: 'kv', name: 'kv', version: '2.0.0', ociImage: cell.image },
          { skipProbe: true },
        );
        await Promise.all([
          host.mount('single', 'kv'),
          host.mount('single', 'kv'),
          host.mount('kv', 'kv'),
          host.mount('kv', 'kv', { version: '1.0.0' }),
          host.mount('kv', 'kv', { share: false }),
        ]);
        assert.equal(host.instances().length, 5);
        assert.equal(new Set(host.instances().map(({ key }) => key)).size, 3);
      }),
  );

  itInTurn('say what their plugin serves, and on which instance they are, also after a restart', limits, () =>
    withPlugins({ restart: { delayMs: 0 } }, async (host) => {
      const mount = await host.mount('kv', 'kv');
      assert.ok((await mount.reflection.services()).includes('proto.KV'));
      const { state } = mount.instance;
      assert.ok(state.name === 'ready' && state.containerId !== undefined);
      await cell.engine.containers.kill(state.containerId);
      const definition = await mount.reflection.service('proto.KV', { timeoutMs: 60_000 });
      assert.ok('Put' in definition);
      assert.deepEqual(mount.instance, only(host));
      assert.equal(mount.instance.restarts, 1);
      assert.deepEqual(mount.instance.mounts, [mount.mountId]);
      await mount.close();
      await assert.rejects(mount.reflection.services(), { code: 'MOUNT_CLOSED' });
    }),
  );

  itInTurn('keep an idle plugin for the next one, if told to', limits, () =>
    withPlugins({ idleMs: 60_000 }, async (host) => {
      await (await host.mount('kv', 'kv')).close();
      const { id } = only(host);
      await host.mount('kv', 'kv');
      assert.equal(only(host).id, id);
    }),
  );

  itInTurn(
    'refuse what can not be: a second one of the same id, an unknown plugin, one that does not start',
    limits,
    () =>
      withPlugins({}, async (host) => {
        await host.mount('kv', 'kv', { id: 'one' });
        await assert.rejects(host.mount('kv', 'kv', { id: 'one' }), { code: 'MOUNT_TAKEN' });
        await assert.rejects(host.mount('kv', 'other'), { code: 'CATALOG_NOT_FOUND' });
        await assert.rejects(host.mount('other', 'kv'), { code: 'CATALOG_NOT_FOUND' });
        await host.plugins.register(
          { type: 'kv', name: 'broken', ociImage: cell.image, args: ['exit-3'] },
          { skipProbe: true },
        );
        await assert.rejects(host.mount('kv', 'broken'), /the license file is missing/);
        assert.equal(host.instances().length, 1);
      }),
  );

  itInTurn('are prepared for each plugin they get, and take leave of each that lives on', limits, () =>
    withPlugins({ restart: { delayMs: 0 } }, async (host) => {
      const seen: string[] = [];
      const note =
        (what: string) =>
        (plugin: Plugin): Promise<void> => {
          seen.push(`${what} ${plugin.id?.slice(0, 12) ?? ''}`);
          return Promise.resolve();
        };
      const options: MountOptions = { prepare: note('prepare'), release: note('release') };
      const container = (): string => {
        const { state } = only(host);
        return state.name === 'ready' ? (state.containerId?.slice(0, 12) ?? '') : '';
      };
      const mount = await host.mount('kv', 'kv', options);
      const first = container();
      await cell.engine.containers.kill(first);
      await client(mount).put({ key: 'k', value });
      const second = container();
      await host.reload('kv', 'kv');
      const third = container();
      await mount.close();
      assert.deepEqual(seen, [
        `prepare ${first}`,
        `prepare ${second}`,
        `prepare ${third}`,
        `release ${second}`,
        `release ${third}`,
      ]);
      const failing = host.mount('kv', 'kv', { prepare: () => Promise.reject(new Error('no storage')) });
      await assert.rejects(failing, /no storage/);
      assert.deepEqual(host.instances(), []);
    }),
  );

  it('are reloaded under the load of 64 callers without a failed call', limits, () =>
    withPlugins({}, async (host) => {
      const mounts = await Promise.all(Array.from({ length: 10 }, () => host.mount('kv', 'kv')));
      const old = only(host);
      let calls = 0;
      let stop = false;
      const done = (): boolean => stop;
      const callers = Array.from({ length: 64 }, async (_, i) => {
        const mount = mounts[i % mounts.length];
        assert.ok(mount);
        const kv = client(mount);
        for (; !done(); calls += 1) await kv.put({ key: `k${i}`, value });
      });
      for (let round = 0; round < 2; round += 1) {
        const before = calls;
        assert.equal(await host.reload('kv', 'kv'), 10);
        assert.ok(calls > before, 'calls went on');
      }
      stop = true;
      await Promise.all(callers);
      assert.notEqual(only(host).id, old.id);
      assert.equal(host.metrics().plugins[0]?.callFailures, 0);
      assert.equal(only(host).mounts.length, 10);
    }),
  );

  itInTurn('move to another version, and stay where they are when that does not start', limits, () =>
    withPlugins({}, async (host) => {
      const mount = await host.mount('kv', 'kv');
      await client(mount).put({ key: 'k', value });
      await host.plugins.register(
        { type: 'kv', name: 'kv', version: '2.0.0', ociImage: cell.image, args: ['exit-3'] },
        { skipProbe: true },
      );
      const error: unknown = await host.reload('kv', 'kv').catch((reason: unknown) => reason);
      assert.ok(error instanceof ReloadFailedError, String(error));
      assert.match(error.message, /continues to run as before.*the license file is missing/);
      assert.equal(String((await client(mount).get({ key: 'k' })).value), 'v');
      assert.equal(mount.version, 'v1.0.0');
      await host.plugins.register(
        { type: 'kv', name: 'kv', version: '2.0.0', ociImage: cell.image },
        { skipProbe: true },
      );
      assert.equal(await host.reload('kv', 'kv'), 1);
      assert.equal(mount.version, 'v2.0.0');
      assert.equal(await host.reload('kv', 'kv', { version: '1.0.0' }), 1);
      assert.equal(mount.version, 'v1.0.0');
      assert.equal(await host.reload('kv', 'nothing'), 0);
      assert.equal(host.instances().length, 1);
    }),
  );

  itInTurn('show what is registered otherwise by now', limits, () =>
    withPlugins({}, async (host) => {
      await host.runtimes.register({ type: 'container', name: 'small', memoryBytes: 64 << 20 });
      const plugin = {
        type: 'kv',
        name: 'drifting',
        ociImage: cell.image,
        runtime: 'small',
        env: { TOKEN: 'one' },
      };
      await host.plugins.register(plugin, { skipProbe: true });
      await host.mount('kv', 'drifting');
      assert.deepEqual((await host.checkDrift())[0]?.drift, []);
      await host.runtimes.register({ type: 'container', name: 'small', memoryBytes: 128 << 20 });
      await host.plugins.register({ ...plugin, env: { TOKEN: 'two' } }, { skipProbe: true });
      assert.deepEqual((await host.checkDrift())[0]?.drift, ['env', 'memoryBytes']);
      await host.mount('kv', 'drifting');
      assert.equal(host.instances().length, 2, 'what is new does not join what has drifted');
      await host.reload('kv', 'drifting');
      assert.deepEqual(
        (await host.checkDrift()).map(({ drift }) => drift),
        [[]],
      );
    }),
  );

  it('start many at once, and no more than the host allows', limits, async () => {
    const many = engineKind === 'docker' ? 20 : 6; // Podman starts them one after another
    await withPlugins({ limits: { starts: 4 } }, async (host) => {
      const mounts = await Promise.all(Array.from({ length: many }, () => host.mount('single', 'kv')));
      await Promise.all(mounts.map((mount) => client(mount).put({ key: 'k', value })));
      assert.equal(host.instances().length, many);
    });
    await withPlugins({ limits: { containers: 2 } }, async (host) => {
      await host.mount('single', 'kv');
      const second = await host.mount('single', 'kv');
      await assert.rejects(host.mount('single', 'kv'), (error: unknown) => {
        assert.ok(error instanceof HostLimitError);
        assert.equal(error.limit, 'containers');
        return true;
      });
      await second.close();
      await host.mount('single', 'kv');
    });
    await withPlugins({ limits: { starts: 1, queuedStarts: 1 } }, async (host) => {
      const results = await Promise.allSettled(Array.from({ length: 4 }, () => host.mount('single', 'kv')));
      const refused = results.filter(({ status }) => status === 'rejected');
      assert.equal(refused.length, 2);
    });
  });

  itInTurn('of other plugins do not wait for one that starts slowly', limits, () =>
    withPlugins({}, async (host) => {
      await host.plugins.register(
        { type: 'kv', name: 'silent', ociImage: cell.image, args: ['silent'] },
        { skipProbe: true },
      );
      const abort = new AbortController();
      const slow = host.mount('kv', 'silent', { signal: abort.signal });
      await host.mount('kv', 'kv');
      const reason = new Error('enough');
      abort.abort(reason);
      await assert.rejects(slow, reason);
      assert.equal(host.instances().length, 1);
    }),
  );

  itInTurn('and launches wait no longer for a start than the host says', limits, () =>
    withPlugins({ startTimeoutMs: 1_000 }, async (host) => {
      const registered = { type: 'kv', name: 'silent', ociImage: cell.image, args: ['silent'] };
      await host.plugins.register(registered, { skipProbe: true });
      const { handshake, protocolVersions } = sharedKind;
      const launch = { image: cell.image, args: ['silent'], handshake, protocolVersions };
      const late = { code: 'PLUGIN_START_TIMEOUT', message: /within 1000 ms/ };
      await Promise.all([
        assert.rejects(host.mount('kv', 'silent'), late),
        assert.rejects(host.start('kv', 'silent'), late),
        assert.rejects(host.start(launch), late),
        assert.rejects(host.start({ ...launch, startTimeoutMs: 500 }), { message: /within 500 ms/ }),
      ]);
    }),
  );

  itInTurn('count a call that its caller gave up once, and a reload does not wait for it', limits, () =>
    withPlugins({}, async (host) => {
      const mount = await host.mount('kv', 'kv');
      const caller = new AbortController();
      const reason = new Error('enough');
      const ended: unknown[] = [];
      const note = (message: unknown): void => {
        if ((message as { host?: string }).host === host.id) ended.push(message);
      };
      subscribe('bulkhead:call', note);
      const calls = Array.from({ length: 3 }, () =>
        client(mount).get({ key: 'slow' }, { signal: caller.signal }),
      );
      assert.equal(mount.calls, 3);
      caller.abort(reason);
      for (const call of calls) await assert.rejects(call, reason);
      await client(mount).put({ key: 'k', value });
      unsubscribe('bulkhead:call', note);
      assert.equal(mount.calls, 0);
      assert.equal(ended.length, 4);
      // It would wait longer than the test may take.
      await host.reload('kv', 'kv', { drainMs: 10 * limits.timeout });
    }),
  );

  itInTurn('end with the host, also while they start and while they are called', limits, async () => {
    const host = await cell.open();
    await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image }, { skipProbe: true });
    await host.plugins.register(
      { type: 'kv', name: 'silent', ociImage: cell.image, args: ['silent'] },
      { skipProbe: true },
    );
    const kv = client(await host.mount('kv', 'kv'));
    const called = kv.get({ key: 'slow' }).catch((error: unknown) => error);
    const starting = host.mount('kv', 'silent').catch((error: unknown) => error);
    await host.close({ limitMs: 1000 });
    assert.equal(((await starting) as { code?: string }).code, 'HOST_CLOSED');
    assert.equal(((await called) as { code?: string }).code, 'CALL_OUTCOME_UNKNOWN');
    assert.deepEqual(await cell.remains(host), []);
    await assert.rejects(host.mount('kv', 'kv'), { code: 'HOST_CLOSED' });
  });
});
