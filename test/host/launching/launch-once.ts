/** Run by a test as another user: launches a plugin, calls it, closes, and prints what it saw. */
import { connectEngine } from '../../../src/engine/index.ts';
import { loadProto, PluginHost } from '../../../src/index.ts';
import { leftovers } from '../leftovers.ts';

const [socketPath = '', runtime = '', image = '', user = '', socketDirectory = ''] = process.argv.slice(2);
const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
if (definition === undefined) throw new Error('kv.proto has no service proto.KV');
const host = await PluginHost.open({ socketPath, runtime });
await using engine = await connectEngine({ socketPath });
let value: string;
try {
  const plugin = await host.start({
    image,
    user,
    handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
    protocolVersions: [1],
    socketDirectory,
  });
  interface KeyValue {
    Put(request: { key: string; value: Uint8Array }): Promise<unknown>;
    Get(request: { key: string }): Promise<{ value: Uint8Array }>;
  }
  const kv = plugin.client<KeyValue>(definition);
  await kv.Put({ key: 'greeting', value: Buffer.from('hello') });
  value = Buffer.from((await kv.Get({ key: 'greeting' })).value).toString();
} finally {
  await host.close();
}
const left = await leftovers(engine, host.id, socketDirectory);
process.stdout.write(JSON.stringify({ uid: process.geteuid?.(), value, left }));
