/** The key/value store with the handshake of Vault's secrets engines: one that a catalog can have, and that describes itself. */
import { serve } from '../../src/goplugin/serve/serve.ts';
import { bytesField, varintField } from '../../src/goplugin/wire/protobuf.ts';
import { kvDefinition, kvService } from './kv-service.ts';

/** Parts of google/protobuf/descriptor.proto. */
const message = (name: string, ...fields: readonly Buffer[]) =>
  bytesField(4, Buffer.concat([bytesField(1, name), ...fields]));
const field = (name: string, number: number, type: number) =>
  bytesField(
    2,
    Buffer.concat([bytesField(1, name), varintField(3, number), varintField(4, 1), varintField(5, type)]),
  );
const method = (name: string, input: string, output: string) =>
  bytesField(2, Buffer.concat([bytesField(1, name), bytesField(2, input), bytesField(3, output)]));
const [text, bytes] = [9, 12];

/** As proto/kv.proto says it. */
const file = Buffer.concat([
  bytesField(1, 'kv.proto'),
  bytesField(2, 'proto'),
  message('GetRequest', field('key', 1, text)),
  message('GetResponse', field('value', 1, bytes)),
  message('PutRequest', field('key', 1, text), field('value', 2, bytes)),
  message('Empty'),
  bytesField(
    6,
    Buffer.concat([
      bytesField(1, 'KV'),
      method('Get', '.proto.GetRequest', '.proto.GetResponse'),
      method('Put', '.proto.PutRequest', '.proto.Empty'),
    ]),
  ),
  bytesField(12, 'proto3'),
]);
Object.assign(kvDefinition.Get, { requestType: { fileDescriptorProtos: [file] } });

await serve({
  handshake: {
    magicCookieKey: 'VAULT_BACKEND_PLUGIN',
    magicCookieValue: '6669da05-b1c8-4f49-97d9-c8e5bed98e20',
  },
  protocolVersions: [5],
  services: [kvService()],
});
