/** The engine goes away, comes back, or hangs: plugins that run go on serving. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { PluginHost } from '../../src/index.ts';
import { containerOf, describeCells, nextEvent, only, type Cell, type KeyValue } from './cell.ts';
import { engineSwitch, type EngineSwitch } from './engine-switch.ts';

const limits = { timeout: 120_000 };
const value = Buffer.from('v');

describeCells('an engine in trouble', (openCell, _, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  async function withSwitch(
    test: (parts: { host: PluginHost; kv: KeyValue; way: EngineSwitch }) => Promise<void>,
  ): Promise<void> {
    await using way = await engineSwitch(cell.socketPath);
    // One failure of the plugin's own would be too much.
    const restart = { delayMs: 50, maxDelayMs: 200, maxFailures: 1 };
    const host = await cell.open({ socketPath: way.socketPath, restart, health: { intervalMs: 100 } });
    try {
      await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image }, { skipProbe: true });
      const mount = await host.mount('kv', 'kv');
      await test({ host, kv: mount.client<KeyValue>(cell.definition), way });
    } finally {
      await way.restore();
      await host.close();
    }
    assert.deepEqual(await cell.remains(host), []);
  }

  itInTurn(
    'that is gone does not end a plugin, nor its calls; once it is back, its end is noticed again',
    limits,
    () =>
      withSwitch(async ({ host, kv, way }) => {
        const container = containerOf(only(host));
        await way.cut();
        for (let call = 0; call < 100; call += 1) await kv.put({ key: `k${call}`, value });
        await assert.rejects(host.start('kv', 'kv'), /ENGINE_|engine|ENOENT|socket/i);
        assert.equal(containerOf(only(host)), container);
        await way.restore();
        await cell.engine.containers.kill(container);
        await kv.put({ key: 'k', value });
        assert.equal(only(host).restarts, 1);
      }),
  );

  itInTurn('that is gone when the plugin ends has the calls wait until it is back', limits, () =>
    withSwitch(async ({ host, kv, way }) => {
      const container = containerOf(only(host));
      await way.cut();
      const backingOff = nextEvent(
        'bulkhead:instance',
        ({ instance }) => instance.state.name === 'backing-off',
      );
      await cell.engine.containers.kill(container);
      const waiting = kv.put({ key: 'k', value }, { timeoutMs: 60_000 });
      await backingOff;
      await assert.rejects(
        kv.put({ key: 'k', value }, { timeoutMs: 300 }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'PLUGIN_CALL_TIMEOUT');
          assert.match(error.message, /kv kv was not ready within \d+ ms: it is (?:backing-off|restarting)/);
          return true;
        },
      );
      await way.restore();
      await waiting;
      assert.equal(only(host).state.name, 'ready');
    }),
  );

  itInTurn('that hangs holds nothing up but what needs it, and that can be given up', limits, () =>
    withSwitch(async ({ host, kv, way }) => {
      way.hold();
      const abort = new AbortController();
      const reason = new Error('too slow');
      const other = host.mount('kv', 'kv', { share: false, signal: abort.signal });
      for (let call = 0; call < 100; call += 1) await kv.put({ key: `k${call}`, value });
      abort.abort(reason);
      await assert.rejects(other, reason);
      assert.equal(only(host).state.name, 'ready');
    }),
  );
});
