/** A mount refuses unknown and wrong options, and its calls do. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { InvalidOptionError } from '../../src/index.ts';
import { describeCells, type KeyValue } from '../host/cell.ts';
import { wrong } from './refusals.ts';

describeCells('the options of a mount', (openCell) => {
  it('are checked before anything is asked of the plugin', { timeout: 120_000 }, async () => {
    await using cell = await openCell();
    await cell.withHost({}, async (host) => {
      const plugin = { type: 'kv', name: 'kv', ociImage: cell.image };
      await host.plugins.register(plugin, { skipProbe: true });
      const mount = await host.mount('kv', 'kv');
      const kv = mount.client<KeyValue>(cell.definition) as unknown as Record<
        string,
        (request: object, options: unknown) => Promise<unknown>
      >;
      const calls: readonly ((options: unknown) => unknown)[] = [
        (options) => mount.health(options as never),
        (options) => mount.close(options as never),
        (options) => mount.reflection.services(options as never),
        (options) => mount.reflection.service('proto.KV', options as never),
        (options) => kv['put']?.({ key: 'a', value: Buffer.from('v') }, options),
      ];
      const refused = (call: () => unknown): Promise<void> =>
        assert.rejects(Promise.resolve().then(call), InvalidOptionError);
      for (const call of calls) {
        for (const options of [null, 7, 'x', { unheardOf: 1 }]) await refused(() => call(options));
      }
      for (const timeoutMs of wrong.callTimeout) {
        await refused(() => mount.health({ timeoutMs: timeoutMs as number }));
        await refused(() => kv['put']?.({ key: 'a' }, { timeoutMs }));
        await refused(() => mount.reflection.services({ timeoutMs: timeoutMs as number }));
      }
      for (const drainMs of wrong.milliseconds)
        await refused(() => mount.close({ drainMs: drainMs as number }));
      for (const idempotent of wrong.flag) await refused(() => kv['put']?.({ key: 'a' }, { idempotent }));
      for (const service of [undefined, null, 7, {}, { Get: {} }])
        await refused(() => mount.client(service as never));
      assert.equal(mount.closed, false);
      await assert.rejects(mount.client<KeyValue>(cell.definition).get({ key: 'a' }), {
        code: 'PLUGIN_CALL_FAILED',
      });
      await kv['put']?.({ key: 'a', value: Buffer.from('v') }, { idempotent: true });
      await mount.close();
    });
  });
});
