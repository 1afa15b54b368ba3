/** A plugin in another language: TCP, five fields, and nothing of go-plugin's own services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixtureArgs, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 60_000 };
const program = fixtureArgs('tcp-plugin');

for (const host of ['127.0.0.1', 'localhost']) {
  test(`connects over TCP to ${host}, and kills what can not be asked to end`, limits, async (t) => {
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(process.execPath, [...program, host], {
        autoMtls: false,
      });
      assert.deepEqual([plugin.handshake.network, plugin.handshake.protocolVersion], ['tcp', 1]);
      await plugin.health();
      await assert.rejects(plugin.broker.serve([]), { code: /BROKER_/ });
      await assert.rejects(plugin.reflection.services(), { code: 'REFLECTION_UNAVAILABLE' });
      const begin = performance.now();
      assert.deepEqual(await plugin.stop({ graceMs: 30_000 }), { code: 137, signal: 'SIGKILL' });
      assert.ok(performance.now() - begin < 30_000, 'its grace was not waited for');
    });
  });
}

test('asks for AutoMTLS over TCP too, and says that it did not get it', limits, async (t) => {
  await leavingNothing(t, async ({ start }) => {
    await assert.rejects(start(process.execPath, program), {
      code: 'HANDSHAKE_CERTIFICATE_MISSING',
      hint: /autoMtls: false/,
    });
  });
});
