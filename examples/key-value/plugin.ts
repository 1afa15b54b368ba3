/** A plugin: keeps values in memory, and writes a line to the host's log for each that it is given. */
import { loadProto, serve, service } from 'bulkhead/goplugin';
import type { Pair } from './pair.js';

const { 'example.KeyValue': definition } = await loadProto('key-value.proto');
if (definition === undefined) throw new Error('key-value.proto has no example.KeyValue');
const values = new Map<string, string>();

await serve({
  handshake: { magicCookieKey: 'EXAMPLE_KEY_VALUE', magicCookieValue: 'd2c1' },
  services: [
    service(definition, {
      put({ key, value }: Pair): Pair {
        values.set(key, value);
        console.error(`put ${key}`);
        return { key, value };
      },
      get({ key }: Pair): Pair {
        return { key, value: values.get(key) ?? '' };
      },
    }),
  ],
});
