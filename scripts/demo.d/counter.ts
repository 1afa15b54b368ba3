import assert from 'node:assert/strict';
import { loadProto, service, type PluginHost } from 'bulkhead';
import { line } from './report.ts';

interface Counter {
  put(request: { add_server: number; key: string; value: number }): Promise<unknown>;
  get(request: { key: string }): Promise<{ value: string }>;
}

/** The plugin counts, but has the host do the adding: a call back through the broker. */
export async function runCounter(host: PluginHost, image: string): Promise<void> {
  const services = await loadProto('test/plugins/proto/counter.proto');
  const definition = services['proto.Counter'];
  const helper = services['proto.AddHelper'];
  assert.ok(definition && helper, 'counter.proto has both services');
  const begin = performance.now();
  await using plugin = await host.start({
    image,
    handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
    protocolVersions: [1],
    tmpfs: [{ path: '/data' }],
    workingDirectory: '/data',
  });
  line('launched in', `${Math.round(performance.now() - begin)} ms`);
  let additions = 0;
  const addHelper = service(helper, {
    sum: ({ a, b }: { a: string; b: string }) => {
      additions += 1;
      return { r: String(BigInt(a) + BigInt(b)) };
    },
  });
  const counter = plugin.client<Counter>(definition);
  for (const value of [20, 22]) {
    // The plugin dials the helper once for each call, and an id can be dialed once.
    await using adder = await plugin.broker.serve([addHelper]);
    await counter.put({ add_server: adder.id, key: 'answer', value });
  }
  const { value } = await counter.get({ key: 'answer' });
  assert.equal(value, '42');
  assert.equal(additions, 2);
  line('20 + 22', `${value}, added by the host in ${additions} calls back`);
}
