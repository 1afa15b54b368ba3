import { loadProto, startPlugin, subprocessRunner } from '../../../src/goplugin/index.ts';

interface KeyValue {
  put(request: { key: string; value: Uint8Array }): Promise<unknown>;
  get(request: { key: string }, options?: { timeoutMs?: number }): Promise<{ value: Uint8Array }>;
}
const [command = '', ...args] = process.argv.slice(2);

await using plugin = await startPlugin({
  createRunner: subprocessRunner({ command, args }),
  handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
  protocolVersions: [1],
  onLog: ({ level, message }) => console.error(`[${level}] ${message}`),
  onOutput: ({ data }) => process.stdout.write(data),
});
const { 'proto.KV': definition = {} } = await loadProto('kv.proto');
const kv = plugin.client<KeyValue>(definition);
await kv.put({ key: 'colour', value: Buffer.from('blue') });
const { value } = await kv.get({ key: 'colour' }, { timeoutMs: 1000 });
console.log(`colour is ${String(value)}`);
console.log(await plugin.stop());
