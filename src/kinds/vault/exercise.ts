import { randomUUID } from 'node:crypto';
import { BulkheadError } from '../../errors.ts';
import { service, type Plugin, type ServedService } from '../../goplugin/index.ts';
import { bytesField, fieldBytes, varintField } from '../../goplugin/internal.ts';
import { backend, database, setupRequest, storage, systemView } from './services.ts';
import { useStorage } from './storage-requests.ts';

/** What an exercise is given: it notes which channel carried. See `ExerciseContext` of the matrix. */
export interface VaultExercise {
  readonly signal: AbortSignal;
  readonly use: <T>(
    channel: 'call' | 'callback',
    work: (options: { readonly signal: AbortSignal }) => Promise<T>,
  ) => Promise<T>;
}

/**
 * Sets up a secrets engine or auth method of Vault as Vault does (sdk/plugin/pb/backend.proto), with a storage and a
 * view of the system that it reaches through the broker, and makes it use the storage. What it stores is not kept.
 *
 * @throws BulkheadError when the plugin refuses, or does not reach its storage
 */
export async function exerciseBackend(plugin: Plugin, { signal, use }: VaultExercise): Promise<void> {
  const mountId = randomUUID();
  const metadata = { multiplex_id: mountId };
  const client = plugin.client(backend);
  const stored = new Map<string, Buffer>();
  let asked = false;
  const noteAsked = () => (asked = true);
  const served = [storageService(stored, noteAsked), systemService(noteAsked)];
  await using offer = await plugin.broker.serve(served, { signal });
  await use('call', async (limits) => {
    const options = { ...limits, metadata };
    refuse('Setup', fieldBytes(await client.setup(setupRequest(offer.id, mountId), options), 1));
    refuse('Initialize', fieldBytes(fieldBytes(await client.initialize(Buffer.alloc(0), options), 1), 2)); // pb.ProtoError
  });
  await use('callback', (limits) =>
    useStorage(
      (request) => client.handleRequest(request, { ...limits, metadata }),
      () => asked,
    ),
  );
  await client.cleanup(Buffer.alloc(0), { signal, metadata });
}

/** Asks a database plugin what it is. It calls nothing of its host, and connects to a database only when it is told to. */
export async function exerciseDatabase(plugin: Plugin, { use }: VaultExercise): Promise<void> {
  const metadata = { multiplex_id: randomUUID() };
  await use('call', (limits) => plugin.client(database).type(Buffer.alloc(0), { ...limits, metadata }));
}

/** A storage that keeps entries as they come: a later `Get` returns the entry of the `Put`. */
function storageService(entries: Map<string, Buffer>, asked: () => void): ServedService {
  return service(storage, {
    list: (request) => {
      asked();
      const prefix = fieldBytes(request, 1).toString('utf8');
      const names = [...entries.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => /^[^/]*\/?/.exec(key.slice(prefix.length))?.[0] ?? '');
      return Buffer.concat([...new Set(names)].sort().map((name) => bytesField(1, name)));
    },
    get: (request) => {
      asked();
      return bytesField(1, entries.get(fieldBytes(request, 1).toString('utf8')) ?? '');
    },
    put: (request) => {
      asked();
      const entry = fieldBytes(request, 1);
      entries.set(fieldBytes(entry, 1).toString('utf8'), entry);
      return Buffer.alloc(0);
    },
    delete: (request) => {
      asked();
      entries.delete(fieldBytes(request, 1).toString('utf8'));
      return Buffer.alloc(0);
    },
  });
}

/**
 * Answers each question about a lease's time to live with one second, in nanoseconds. Other methods are UNIMPLEMENTED.
 */
function systemService(asked: () => void): ServedService {
  const answer = () => {
    asked();
    return varintField(1, 1_000_000_000);
  };
  return service(systemView, { defaultLeaseTTL: answer, maxLeaseTTL: answer });
}

function refuse(method: string, error: Buffer): void {
  if (error.length === 0) return;
  throw new BulkheadError(
    'PLUGIN_CALL_FAILED',
    `the plugin answers ${method} with an error: ${error.toString('utf8')}`,
  );
}
