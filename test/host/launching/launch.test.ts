/** The main job, on every engine that is up: launch, call, lose the plugin, find nothing left. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadProto, PluginExitedError } from '../../../src/index.ts';
import { loadEngines, noEngines } from '../../engines/engines.ts';
import { fixtureHandshake } from '../../plugins/images.ts';
import { withFixture } from '../with-fixture.ts';

const engines = loadEngines();
const limits = { timeout: 120_000 };

interface KeyValue {
  Put(request: { key: string; value: Uint8Array }): Promise<unknown>;
  Get(request: { key: string }): Promise<{ value: Uint8Array }>;
}

const { 'proto.KV': definition } = await loadProto('test/plugins/proto/kv.proto');
assert.ok(definition);

if (engines.length === 0) it('launches plugins', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services.filter((service) => service.runtime !== 'crun')) {
    describe(`${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      for (const fixture of ['node-kv', 'go-example-kv'] as const) {
        it(`runs ${fixture}, sees it killed, and leaves nothing`, limits, (t) =>
          withFixture(t, { testEngine, runtime, socket }, fixture, async ({ engine, host, image }) => {
            const plugin = await host.start({
              image,
              handshake: fixtureHandshake,
              protocolVersions: [1],
              tmpfs: [{ path: '/tmp' }],
            });
            assert.equal(plugin.handshake.tls, true);
            await plugin.health();
            const kv = plugin.client<KeyValue>(definition);
            await kv.Put({ key: 'greeting', value: Buffer.from('hello') });
            const { value } = await kv.Get({ key: 'greeting' });
            assert.match(Buffer.from(value).toString(), /^hello/);

            assert.ok(plugin.id !== undefined);
            await engine.containers.kill(plugin.id);
            await assert.rejects(
              kv.Get({ key: 'greeting' }),
              (error) => error instanceof PluginExitedError && error.exit?.code === 137,
            );
          }),
        );
      }
    });
  }
}
