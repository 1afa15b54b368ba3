import { randomUUID } from 'node:crypto';
import { BulkheadError } from '../../errors.ts';
import { service, type Plugin, type ServedService } from '../../goplugin/index.ts';
import { bytesField, fieldBytes, varintField } from '../../goplugin/internal.ts';
import { backend, setupRequest, storage, systemView } from './services.ts';

/**
 * Sets up a secrets engine or auth method of Vault as Vault does (sdk/plugin/pb/backend.proto), with a storage and a
 * view of the system that it reaches through the broker. What it stores is not kept.
 *
 * @throws BulkheadError when the plugin refuses
 */
export async function exerciseBackend(
  plugin: Plugin,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const mountId = randomUUID();
  const options = { signal, metadata: { multiplex_id: mountId } };
  const client = plugin.client(backend);
  await using offer = await plugin.broker.serve([storageService(new Map()), systemService()], { signal });
  refuse('Setup', fieldBytes(await client.setup(setupRequest(offer.id, mountId), options), 1));
  refuse('Initialize', fieldBytes(fieldBytes(await client.initialize(Buffer.alloc(0), options), 1), 2)); // pb.ProtoError
  await client.cleanup(Buffer.alloc(0), options);
}

/** A storage that keeps entries as they come: a later `Get` returns the entry of the `Put`. */
function storageService(entries: Map<string, Buffer>): ServedService {
  return service(storage, {
    list: (request) => {
      const prefix = fieldBytes(request, 1).toString('utf8');
      const names = [...entries.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => /^[^/]*\/?/.exec(key.slice(prefix.length))?.[0] ?? '');
      return Buffer.concat([...new Set(names)].sort().map((name) => bytesField(1, name)));
    },
    get: (request) => bytesField(1, entries.get(fieldBytes(request, 1).toString('utf8')) ?? ''),
    put: (request) => {
      const entry = fieldBytes(request, 1);
      entries.set(fieldBytes(entry, 1).toString('utf8'), entry);
      return Buffer.alloc(0);
    },
    delete: (request) => {
      entries.delete(fieldBytes(request, 1).toString('utf8'));
      return Buffer.alloc(0);
    },
  });
}

/**
 * Answers each question about a lease's time to live with one second, in nanoseconds. Other methods are UNIMPLEMENTED.
 */
function systemService(): ServedService {
  const second = varintField(1, 1_000_000_000);
  return service(systemView, { defaultLeaseTTL: () => second, maxLeaseTTL: () => second });
}

function refuse(method: string, error: Buffer): void {
  if (error.length === 0) return;
  throw new BulkheadError(
    'PLUGIN_CALL_FAILED',
    `the plugin answers ${method} with an error: ${error.toString('utf8')}`,
  );
}
