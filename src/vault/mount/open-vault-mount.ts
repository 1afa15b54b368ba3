import type { Mount, PluginHost } from '../../host/index.ts';
import { checkArgument, checkShape, objectWith } from '../../settings/option-shape.ts';
import { defaultTtlMs } from '../serving/system-view.ts';
import { memoryStorage } from '../storage/memory-storage.ts';
import { vaultServices } from '../wire/services.ts';
import { accessorOf, mountPath, vaultMountOptions, type VaultMountOptions } from './mount-options.ts';
import { eraseMount, uuidOf } from './mount-record.ts';
import { OpenedMount } from './opened-mount.ts';
import { Requester } from './requester.ts';
import { Sessions } from './sessions.ts';
import { sharedArea } from './shared-area.ts';
import { sparingly, type Report } from './sparing-report.ts';
import type { VaultMount } from './vault-mount.ts';

/**
 * Mounts a registered secrets engine or auth method of Vault or OpenBao, and makes it usable.
 *
 * ```ts
 * await using storage = await openFileStorage('./storage', { key });
 * await using kv = await openVaultMount(host, { type: 'secret', name: 'kv', storage, config: { version: '2' } });
 * await kv.write('data/colours', { data: { sky: 'blue' } });
 * const answer = await kv.read('data/colours');
 * ```
 *
 * @throws the errors of `PluginHost.mount`; `VAULT_SETUP_REFUSED`, `PLUGIN_MISMATCH`; VaultStorageError;
 *   InvalidOptionError
 * @remarks Abort leaves no mount.
 */
export async function openVaultMount(host: PluginHost, options: VaultMountOptions): Promise<VaultMount> {
  checkArgument('openVaultMount', 'host', objectWith('mount'), host);
  checkShape('openVaultMount', vaultMountOptions, options);
  options.signal?.throwIfAborted();
  const { type, name, version, share, signal, system = {}, storage = memoryStorage() } = options;
  const path = mountPath(options);
  const problem = reporter(path, options);
  const uuid = options.uuid ?? (await uuidOf(storage, path));
  const services = await vaultServices();
  const area = sharedArea(storage, uuid);
  const storageProblem = sparingly(problem).bind(undefined, 'the storage failed');
  const storageFailures = { count: 0, last: undefined as unknown };
  const sessions = new Sessions({
    services,
    area,
    uuid,
    type,
    name,
    config: options.config ?? {},
    system,
    setupTimeoutMs: options.setupTimeoutMs ?? 60_000,
    onEvent: options.onEvent,
    onObservation: options.onObservation,
    problem: sparingly(problem),
    storageFailed: (error) => {
      storageFailures.count += 1;
      storageFailures.last = error;
      // That a plugin asks for what no key can be is no failure of the storage; the request has it as its cause.
      if ((error as { code?: unknown }).code !== 'VAULT_STORAGE_KEY_INVALID') storageProblem(error);
    },
  });
  let opened: OpenedMount | undefined = undefined;
  const mount: Mount = await host.mount(type, name, {
    version,
    share,
    signal,
    prepare: (plugin, context) => sessions.open(plugin, context),
    release: async (plugin, context) => {
      await sessions.cleanUp(plugin, context);
      if (!mount.closed) return;
      // The mount may have been closed by its host, which closes too. Nobody waits here: a failure would end the process.
      opened?.close().catch((error: unknown) => {
        problem('the mount was not closed as a whole', error);
      });
    },
  });
  const requester = new Requester({
    mount,
    backend: services['pb.Backend'],
    sessions,
    facts: { mountPoint: path, mountType: name, mountAccessor: accessorOf(type, uuid) },
    limits: {
      defaultTtlMs: system.defaultLeaseTtlMs ?? defaultTtlMs,
      maxTtlMs: system.maxLeaseTtlMs ?? defaultTtlMs,
    },
    leases: area.leases,
    problem,
    storageFailures,
  });
  const { rollbackMs = 60_000 } = options;
  opened = new OpenedMount({
    ...{ path, uuid, type, name, mount, area, sessions, requester, problem },
    rollbackMs: rollbackMs === false ? undefined : rollbackMs,
    erase: () => eraseMount(storage, path, uuid),
  });
  area.enter(opened);
  try {
    await area.leases.attach(requester.leaseHost);
    return opened;
  } catch (error) {
    await opened.close().catch(() => undefined); // what went wrong first counts
    throw error;
  }
}

/** A mount that nobody listens to warns as a process does. */
function reporter(path: string, { onProblem }: VaultMountOptions): Report {
  return (what, error) => {
    try {
      if (onProblem !== undefined) onProblem({ path, what, error });
      else process.emitWarning(`the mount ${path}: ${what}: ${String(error)}`);
    } catch (thrown) {
      process.emitWarning(thrown as Error);
    }
  };
}
