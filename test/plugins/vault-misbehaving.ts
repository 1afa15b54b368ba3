/**
 * A secrets engine of Vault that keeps no rules: what it answers to a read is decided by the path. With the argument
 * `old` it is one from before Initialize, versions and multiplexing. Messages are bytes, or they could not be wrong.
 */
import { StatusError } from '../../src/goplugin/grpc/status.ts';
import { service } from '../../src/goplugin/define-service.ts';
import { serve } from '../../src/goplugin/serve/serve.ts';
import type { BrokeredConnection } from '../../src/goplugin/broker/broker.ts';
import type { CallMetadata, ServedService } from '../../src/goplugin/service.ts';
import { bytesMethod } from '../../src/goplugin/wire/bytes-method.ts';
import { bytesField, fieldBytes, fieldNumber, varintField } from '../../src/goplugin/wire/protobuf.ts';

const isOld = process.argv[2] === 'old';
/** A path that needs no token in a newer version, which serves one mount only. */
const newer = process.env['NEWER'];
const nothing = Buffer.alloc(0);
const methods = (name: string, ...of: readonly string[]) =>
  Object.fromEntries(of.map((method) => [method, bytesMethod(`/${name}/${method}`)]));

const storage = {
  List: bytesMethod('/pb.Storage/List'),
  Get: bytesMethod('/pb.Storage/Get'),
  Put: bytesMethod('/pb.Storage/Put'),
  Delete: bytesMethod('/pb.Storage/Delete'),
  BeginTx: bytesMethod('/pb.Storage/BeginTx'),
  Commit: bytesMethod('/pb.Storage/Commit'),
} as const;
type StorageCall = keyof typeof storage;

interface Mounted {
  readonly connection: BrokeredConnection;
  readonly ids: (string | undefined)[];
}

/** By the id with which the host tells its mounts apart. */
const mounts = new Map<string, Mounted>();
/** The storage of the mount that was cleaned up last. */
let left: BrokeredConnection | undefined;

await serve({
  handshake: {
    magicCookieKey: 'VAULT_BACKEND_PLUGIN',
    magicCookieValue: '6669da05-b1c8-4f49-97d9-c8e5bed98e20',
  },
  protocolVersions: [5],
  services: ({ broker }) => {
    const backend = {
      async Setup(request: Buffer, { metadata }: { metadata: CallMetadata }) {
        if (mounts.size > 0 && newer !== undefined) return bytesField(1, 'one mount is enough');
        const connection = await broker.dial(fieldNumber(request, 1));
        mounts.set(idIn(metadata) ?? '', { connection, ids: [idIn(metadata)] });
        return nothing;
      },
      Type: (_: Buffer, { metadata }: { metadata: CallMetadata }) => {
        mountOf(metadata);
        return varintField(1, 1);
      },
      SpecialPaths: () => (newer === undefined ? nothing : bytesField(1, bytesField(2, newer))),
      HandleRequest: async (request: Buffer, { metadata }: { metadata: CallMetadata }) => {
        const path = String(fieldBytes(fieldBytes(request, 2), 4));
        return answer(path, mountOf(metadata));
      },
      ...(!isOld && {
        Initialize: () => nothing,
        InvalidateKey: () => nothing,
        HandleExistenceCheck: () => Buffer.concat([varintField(1, 1), varintField(2, 1)]),
        Cleanup(_: Buffer, { metadata }: { metadata: CallMetadata }) {
          left = mountOf(metadata).connection;
          mounts.delete(idIn(metadata) ?? '');
          return nothing;
        },
      }),
    };
    const served: ServedService[] = [
      service(methods('pb.Backend', ...Object.keys(backend)), backend as never),
    ];
    if (!isOld) {
      served.push(
        service(methods('pluginutil.multiplexing.PluginMultiplexing', 'MultiplexingSupport'), {
          MultiplexingSupport: () => varintField(1, 1),
        }),
      );
    }
    return served;
  },
});

function idIn(metadata: CallMetadata): string | undefined {
  const [id, ...others] = [metadata['multiplex_id'] ?? []].flat();
  return others.length === 0 && typeof id === 'string' ? id : undefined;
}

function mountOf(metadata: CallMetadata): Mounted {
  const mount = isOld ? [...mounts.values()][0] : mounts.get(idIn(metadata) ?? '');
  if (mount === undefined) throw new StatusError('UNKNOWN', 'no backend instance found');
  mount.ids.push(idIn(metadata));
  return mount;
}

/** An answer with these data, as they are. */
function withData(data: string | Uint8Array): Buffer {
  return bytesField(1, bytesField(3, data), true);
}

async function answer(path: string, mount: Mounted): Promise<Buffer> {
  switch (path) {
    case 'cut-short':
      return withData('{"a":');
    case 'list':
      return withData('[1]');
    case 'no-utf8':
      return withData(Uint8Array.of(0x22, 0xff, 0xfe, 0x22));
    case 'deep':
      return withData(`{"error":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    case 'error-number':
      return withData('{"error":12345678901234567890}');
    case 'long-number':
      return withData(`{"number":${'9'.repeat(4_000_000)}}`);
    case 'no-message':
      return Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    case 'no-status':
      return withData('{"http_content_type":"text/plain","http_raw_body":"x"}');
    case 'secret':
      return bytesField(1, bytesField(1, bytesField(2, '{"a":')), true);
    case 'error':
      return bytesField(2, Buffer.concat([varintField(1, 77), bytesField(2, 'of a type to come')]));
    case 'ids':
      return withData(JSON.stringify({ ids: mount.ids }));
    case 'storage':
      return withData(JSON.stringify(await misuse(mount.connection)));
    case 'left':
      return withData(JSON.stringify({ get: left && (await call(left, 'Get', bytesField(1, 'a'))) }));
    default:
      return nothing;
  }
}

async function misuse(connection: BrokeredConnection): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  for (const key of ['../data/a', 'a/../../../x', '/..', 'a\0b', '']) {
    said[`get ${key}`] = await call(connection, 'Get', bytesField(1, key));
    said[`put ${key}`] = await call(connection, 'Put', bytesField(1, bytesField(1, key), true));
    said[`delete ${key}`] = await call(connection, 'Delete', bytesField(1, key));
  }
  said['list ..'] = await call(connection, 'List', bytesField(1, '../'));
  said['get in a transaction'] = await call(
    connection,
    'Get',
    Buffer.concat([bytesField(1, 'a'), bytesField(2, 'tx')]),
  );
  said['put nothing'] = await call(connection, 'Put', nothing);
  said['begin'] = await call(connection, 'BeginTx', nothing);
  said['commit'] = await call(connection, 'Commit', bytesField(1, 'tx'));
  return said;
}

/** What the host says to a call: the error of the reply, or that of the call. */
async function call(connection: BrokeredConnection, method: StorageCall, request: Buffer): Promise<string> {
  const errorField = { List: 2, Get: 2, Put: 1, Delete: 1, BeginTx: 2, Commit: 1 }[method];
  try {
    const client = connection.client(storage) as Record<StorageCall, (request: Buffer) => Promise<Buffer>>;
    return `reply: ${String(fieldBytes(await client[method](request), errorField))}`;
  } catch (error) {
    return `call: ${(error as Error).message}`;
  }
}
