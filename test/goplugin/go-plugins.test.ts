/** HashiCorp's own example plugins, unmodified, as plugins of this host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginCallError, service } from '../../src/goplugin/index.ts';
import { goExample, needsGo } from '../plugins/go-programs.ts';
import { addHelper, counter, kv, type CounterClient, type KvClient } from './fixtures/protos.ts';
import { leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 120_000 };

for (const autoMtls of [true, false]) {
  const mode = autoMtls ? 'with AutoMTLS' : 'in plaintext';

  test(`calls a Go plugin ${mode}, and ends it politely`, limits, async (t) => {
    if (!needsGo(t)) return;
    const command = await goExample('kv');
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(command, [], { autoMtls });
      assert.equal(plugin.handshake.tls, autoMtls);
      assert.equal(plugin.handshake.protocolVersion, 1);
      const client = plugin.client<KvClient>(await kv());
      await client.put({ key: 'colour', value: Buffer.from('blue') });
      const { value } = await client.get({ key: 'colour' });
      assert.match(value.toString(), /^blue/);
      await plugin.health();
      await assert.rejects(client.get({ key: 'missing' }), (error) => {
        assert.ok(error instanceof PluginCallError);
        assert.deepEqual([error.code, error.status], ['PLUGIN_CALL_FAILED', 'UNKNOWN']);
        assert.match(error.details, /no such file/);
        return true;
      });
      assert.deepEqual(await plugin.stop(), { code: 0 });
    });
  });

  test(`lets a Go plugin call back through the broker ${mode}`, limits, async (t) => {
    if (!needsGo(t)) return;
    const command = await goExample('counter');
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(command, [], { autoMtls });
      const client = plugin.client<CounterClient>(await counter());
      const added: string[] = [];
      const helper = service(await addHelper(), {
        sum: ({ a, b }: { a: string; b: string }) => {
          added.push(`${a}+${b}`);
          return { r: Number(a) + Number(b) };
        },
      });
      for (const value of [20, 22]) {
        await using offer = await plugin.broker.serve([helper]);
        await client.put({ add_server: offer.id, key: 'total', value });
      }
      assert.deepEqual(added, ['0+20', '20+22']);
      assert.equal((await client.get({ key: 'total' })).value, '42');
    });
  });
}

test('opens fifty broker offers at once to a Go plugin', limits, async (t) => {
  if (!needsGo(t)) return;
  const command = await goExample('counter');
  await leavingNothing(t, async ({ start }) => {
    await using plugin = await start(command);
    const client = plugin.client<CounterClient>(await counter());
    const helper = service(await addHelper(), {
      sum: ({ a, b }: { a: string; b: string }) => ({ r: Number(a) + Number(b) }),
    });
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await using offer = await plugin.broker.serve([helper]);
        await client.put({ add_server: offer.id, key: `key${index}`, value: index });
        assert.equal((await client.get({ key: `key${index}` })).value, String(index));
      }),
    );
  });
});
