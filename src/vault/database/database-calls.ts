/** The calls of a database plugin, with errors that say what the plugin said and hold no secrets. */
import { BulkheadError } from '../../errors.ts';
import { PluginCallError, type CallMetadata, type CallOptions, type Plugin } from '../../goplugin/index.ts';
import type { RoutedClientFor } from '../../host/index.ts';
import { VaultDatabaseError, type VaultDatabaseOperation } from '../errors.ts';
import type { DatabaseService, VaultServices } from '../wire/services.ts';
import { fromStruct, toStruct, type StructData } from '../wire/struct.ts';
import type { Connection, Initializing } from './connection.ts';

/** Turns the error status with which a plugin answered into an error of a database, and takes secrets out of all errors. */
export async function translated<T>(
  operation: VaultDatabaseOperation,
  connection: Connection,
  call: Promise<T>,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const plain = connection.redact(error);
    if (!(plain instanceof PluginCallError) || plain.code !== 'PLUGIN_CALL_FAILED') throw plain;
    const { status, details, hint } = plain;
    // The cause would have the words of the plugin a second time, and the metadata of its answer.
    throw new VaultDatabaseError(operation, { status, text: details }, { hint: hint ?? hintFor(operation) });
  }
}

/** What a plugin says of itself. */
export interface DatabaseFacts {
  readonly type: string;
  readonly reportedVersion: string;
}

/** How long a plugin may take to end a connection. */
const closeMs = 5_000;

/** Asks a plugin what it is. @throws `PLUGIN_MISMATCH`, the errors of a call */
export async function askFacts(
  plugin: Plugin,
  services: VaultServices,
  name: string,
  options: CallOptions,
): Promise<DatabaseFacts> {
  const database = plugin.client(services['dbplugin.v5.Database']);
  const type = (await unlessUnimplemented(database.Type({}, options)))?.Type;
  if (type === undefined) {
    throw new BulkheadError('PLUGIN_MISMATCH', `${name} is no database plugin of Vault's protocol 5 or 6`, {
      hint: 'Register and open it under its own type.',
    });
  }
  const versions = plugin.client(services['logical.PluginVersion']);
  const version = await unlessUnimplemented(versions.Version({}, options));
  return { type, reportedVersion: version?.plugin_version ?? '' };
}

/** @param database a client of the plugin, or of a mount */
export function initializing(
  database: Pick<RoutedClientFor<DatabaseService>, 'Initialize' | 'Close'>,
  connection: Connection,
  options: CallOptions & { readonly idempotent?: boolean },
): Initializing {
  const { metadata } = options;
  return {
    async initialize(config, verify) {
      const request = { config_data: toStruct(config), verify_connection: verify };
      const reply = await translated('initialize', connection, database.Initialize(request, options));
      return reply.config_data === null ? undefined : keptOf(reply.config_data);
    },
    async close() {
      await database.Close({}, { ...options, ...(metadata && { metadata }), timeoutMs: closeMs });
    },
  };
}

/** @returns `undefined` for a configuration with nothing in it, by which no plugin could be initialised */
function keptOf(struct: Parameters<typeof fromStruct>[0]): StructData | undefined {
  try {
    const config = fromStruct(struct);
    return Object.keys(config).length === 0 ? undefined : config;
  } catch (error) {
    const text = `the configuration that the plugin wants to be kept can't be: ${(error as Error).message}`;
    throw new VaultDatabaseError('initialize', { status: 'INTERNAL', text });
  }
}

/** Tells a plugin that a mount leaves it. */
export async function closeDatabase(
  plugin: Plugin,
  services: VaultServices,
  { metadata, signal }: { readonly metadata: CallMetadata | undefined; readonly signal?: AbortSignal },
): Promise<void> {
  await plugin.client(services['dbplugin.v5.Database']).Close({}, { metadata, signal, timeoutMs: closeMs });
}

function hintFor(operation: VaultDatabaseOperation): string | undefined {
  return operation === 'initialize'
    ? 'Its `config` may be wrong, or its database out of reach: the `network` of the plugin runtime says what it reaches.'
    : undefined;
}

async function unlessUnimplemented<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PluginCallError && error.status === 'UNIMPLEMENTED') return undefined;
    throw error;
  }
}
