import { loadProto, serve, service } from '../../../src/goplugin/index.ts';

const { 'proto.KV': kv = {} } = await loadProto('kv.proto');
const values = new Map<string, Uint8Array>();

await serve({
  handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
  services: [
    service(kv, {
      get: ({ key }: { key: string }) => ({ value: values.get(key) ?? Buffer.alloc(0) }),
      put: ({ key, value }: { key: string; value: Uint8Array }) => {
        values.set(key, value);
        console.log(`put ${key}`); // goes to the host
        return {};
      },
    }),
  ],
});
