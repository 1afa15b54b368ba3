/**
 * Asks Vault's plugins to describe themselves when they are registered (Vault: sdk/plugin/pb/backend.proto,
 * sdk/logical).
 */
import { randomUUID } from 'node:crypto';
import {
  PluginCallError,
  type CallMetadata,
  type Plugin,
  type ServiceDefinition,
} from '../../goplugin/index.ts';
import { fieldBytes, fieldNumber } from '../../goplugin/internal.ts';
import type { PluginSelfDescription } from '../plugin-kind.ts';
import { backend, pluginVersion, setupRequest } from './services.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

const askMs = 10_000;
/** Vault: sdk/logical, BackendType */
const backendTypes: Readonly<Record<number, string>> = { 1: 'secret', 2: 'auth' };

/**
 * A secrets engine or auth method reports nothing before it has been set up. It gets an empty configuration and a
 * storage without entries, as in Vault. One that can't be set up like that reports nothing.
 */
export async function probeBackend(plugin: Plugin, options: Options = {}): Promise<PluginSelfDescription> {
  const metadata = { multiplex_id: randomUUID() };
  const ask = asker(plugin, metadata, options);
  const storage = await plugin.broker.serve([]);
  try {
    const reply = await ask(backend, 'Setup', setupRequest(storage.id, randomUUID()));
    if (reply === undefined || textOf(reply) !== '') return {};
    const type = await ask(backend, 'Type');
    const version = await ask(pluginVersion, 'Version');
    await ask(backend, 'Cleanup');
    return {
      type: type && backendTypes[fieldNumber(type, 1)],
      version: version && (textOf(version) || undefined),
    };
  } finally {
    await storage.close();
  }
}

/** Asks a database plugin for its version; its type follows from the magic cookie. */
export async function probeDatabase(plugin: Plugin, options: Options = {}): Promise<PluginSelfDescription> {
  const ask = asker(plugin, { multiplex_id: randomUUID() }, options);
  const version = await ask(pluginVersion, 'Version');
  return { type: 'database', version: version && (textOf(version) || undefined) };
}

type Ask = (service: ServiceDefinition, method: string, request?: Buffer) => Promise<Buffer | undefined>;

/** Calls methods with messages as bytes. An error status counts as no answer. */
function asker(plugin: Plugin, metadata: CallMetadata, { signal }: Options): Ask {
  return async (service, method, request = Buffer.alloc(0)) => {
    const client =
      plugin.client<Record<string, (request: Buffer, options: object) => Promise<Buffer>>>(service);
    try {
      return await client[method]?.(request, { metadata, signal, timeoutMs: askMs });
    } catch (error) {
      if (error instanceof PluginCallError && plugin.connected) return undefined;
      throw error;
    }
  };
}

/** The text in field 1. */
function textOf(message: Buffer): string {
  return fieldBytes(message, 1).toString('utf8');
}
