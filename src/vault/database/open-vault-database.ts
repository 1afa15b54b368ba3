import { BulkheadError, InvalidOptionError } from '../../errors.ts';
import type { Plugin } from '../../goplugin/index.ts';
import type { Mount, MountContext, PluginHost } from '../../host/index.ts';
import { checkArgument, checkShape, objectWith } from '../../settings/option-shape.ts';
import type { VaultStorage } from '../storage/storage.ts';
import { vaultServices } from '../wire/services.ts';
import type { StructData } from '../wire/struct.ts';
import { Connection } from './connection.ts';
import { ConnectionStore, type ConnectionRecord } from './connection-record.ts';
import { askFacts, closeDatabase, initializing, type DatabaseFacts } from './database-calls.ts';
import { sameConfig, vaultDatabaseOptions, type VaultDatabaseOptions } from './database-options.ts';
import { OpenedDatabase } from './opened-database.ts';
import type { VaultDatabase } from './vault-database.ts';

/**
 * Mounts a registered database plugin of Vault or OpenBao, and connects it to its database.
 *
 * ```ts
 * await using database = await openVaultDatabase(host, {
 *   name: 'postgresql',
 *   config: { connection_url: 'postgresql://{{username}}:{{password}}@db:5432/app', username: 'vault', password },
 * });
 * const user = await database.newUser({
 *   roleName: 'reader',
 *   statements: [`CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`],
 *   expiresAt: new Date(Date.now() + 3_600_000),
 * });
 * ```
 *
 * @throws the errors of `PluginHost.mount`; `VAULT_SETUP_REFUSED` when the plugin does not accept the configuration;
 *   `PLUGIN_MISMATCH`; `MOUNT_TAKEN` for a path that is open in this storage; VaultStorageError; InvalidOptionError
 * @remarks Abort leaves no mount.
 */
export async function openVaultDatabase(
  host: PluginHost,
  options: VaultDatabaseOptions,
): Promise<VaultDatabase> {
  checkArgument('openVaultDatabase', 'host', objectWith('mount'), host);
  checkShape('openVaultDatabase', vaultDatabaseOptions, options);
  options.signal?.throwIfAborted();
  const { name, version, share, signal, storage, setupTimeoutMs = 60_000 } = options;
  const path = (options.path ?? `database/${name}`).replace(/\/$/, '');
  const store = storage && new ConnectionStore(storage, path);
  const leave = enter(storage, path);
  try {
    const stored = await store?.read();
    const connection = new Connection(recordFor(options, stored), {
      accepted: isStored(options, stored),
      verify: options.verifyConnection ?? true,
      store,
    });
    const services = await vaultServices();
    let facts: DatabaseFacts = { type: options.type ?? '', reportedVersion: '' };
    const prepare = async (plugin: Plugin, { metadata, signal }: MountContext): Promise<void> => {
      const call = { metadata, signal, timeoutMs: setupTimeoutMs };
      try {
        const found = await askFacts(plugin, services, name, call);
        if (facts.type !== '' && found.type !== facts.type)
          throw mismatch(name, `is a plugin for ${found.type}, not for ${facts.type}`);
        const database = plugin.client(services['dbplugin.v5.Database']);
        await connection.initialize(initializing(database, connection, call));
        facts = found;
      } catch (error) {
        // A shared plugin would keep what it has made for this mount.
        if (plugin.connected) await closeDatabase(plugin, services, { metadata }).catch(() => undefined);
        throw connection.redact(error);
      }
    };
    const mount: Mount = await host.mount('database', name, {
      version,
      share,
      signal,
      prepare,
      release: async (plugin, context) => {
        try {
          await closeDatabase(plugin, services, context);
        } catch (error) {
          throw connection.redact(error);
        } finally {
          if (mount.closed) leave(); // the host closes, and has closed its mount
        }
      },
      redactError: connection.redact,
    });
    return new OpenedDatabase({
      ...{ path, name, mount, connection, setupTimeoutMs },
      service: services['dbplugin.v5.Database'],
      facts: () => facts,
      passwordPolicy: options.passwordPolicy,
      rootRotationStatements: options.rootRotationStatements ?? [],
      stored: store !== undefined,
      onClose: leave,
    });
  } catch (error) {
    leave();
    throw error;
  }
}

/** The options have passed their check. */
const givenConfig = ({ config }: VaultDatabaseOptions) => config as StructData | undefined;

/** Whether it is the stored configuration that is meant. */
function isStored(options: VaultDatabaseOptions, stored: ConnectionRecord | undefined): boolean {
  const given = givenConfig(options);
  return stored !== undefined && (given === undefined || sameConfig(given, stored.given));
}

function recordFor(options: VaultDatabaseOptions, stored: ConnectionRecord | undefined): ConnectionRecord {
  if (stored !== undefined && isStored(options, stored)) return stored;
  const given = givenConfig(options);
  if (given === undefined) {
    throw new InvalidOptionError('config', 'must be given, because none is stored', {
      hint: 'Say how the plugin reaches its database, such as `{ connection_url, username, password }`.',
    });
  }
  return { given: structuredClone(given), config: structuredClone(given) };
}

function mismatch(name: string, what: string): BulkheadError {
  return new BulkheadError('PLUGIN_MISMATCH', `${name} ${what}`, {
    hint: 'Open it with a `config` and a `type` of its own.',
  });
}

/** Paths that are open, by storage. */
const open = new WeakMap<VaultStorage, Set<string>>();

/**
 * Two databases with one configuration would not know of each other's rotations.
 *
 * @returns a function that leaves the path to others
 * @throws `MOUNT_TAKEN`
 */
function enter(storage: VaultStorage | undefined, path: string): () => void {
  if (storage === undefined) return () => undefined;
  let paths = open.get(storage);
  if (paths === undefined) open.set(storage, (paths = new Set()));
  if (paths.has(path)) {
    throw new BulkheadError('MOUNT_TAKEN', `the database ${path} is open already in this storage`, {
      hint: 'Close it first, or give this one a `path` of its own.',
    });
  }
  paths.add(path);
  const entered = paths;
  let left = false;
  return () => {
    if (!left) entered.delete(path);
    left = true;
  };
}
