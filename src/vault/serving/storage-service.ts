/** The storage of one mount, as one plugin gets it over the broker. */
import { errorCodes, BulkheadError } from '../../errors.ts';
import { service, StatusError, type ServedService } from '../../goplugin/index.ts';
import type { StorageArea } from '../storage/area.ts';
import { byBytes } from '../storage/keys.ts';
import type { StorageService } from '../wire/services.ts';

/** What one plugin may do with the storage at this moment. */
export interface StorageAccess {
  /** The storage is read-only during Setup, and gone after Cleanup (Vault: sdk/logical, ErrSetupReadOnly). */
  readonly state: 'setup' | 'open' | 'closed';
  /** Called when the plugin has put or deleted an entry, before it learns of it. */
  changed(key: string): void;
  /** Called with why the storage failed; the plugin is told less. */
  failed(error: unknown): void;
}

export function storageService(
  definition: StorageService,
  area: StorageArea,
  access: StorageAccess,
): ServedService {
  const read = async <T extends object>(txn: string, nothing: T, work: () => Promise<T>) => {
    const refusal = refuse(access, txn, 'read');
    if (refusal !== undefined) return { ...nothing, err: refusal };
    try {
      return { ...(await work()), err: '' };
    } catch (error) {
      access.failed(error);
      return { ...nothing, err: textFor(error) };
    }
  };
  const write = async (txn: string, key: string, work: () => Promise<void>) => {
    const refusal = refuse(access, txn, 'write');
    if (refusal !== undefined) return { err: refusal };
    try {
      await work();
      access.changed(key);
      return { err: '' };
    } catch (error) {
      access.failed(error);
      return { err: textFor(error) };
    }
  };
  return service(definition, {
    list: ({ prefix, txn }) =>
      read(txn, { keys: [] as string[] }, async () => ({ keys: await area.list(prefix) })),
    listPage: ({ prefix, after, limit, txn }) =>
      read(txn, { keys: [] as string[] }, async () => ({
        keys: page(await area.list(prefix), after, limit),
      })),
    get: ({ key, txn }) =>
      read(txn, { entry: null as object | null }, async () => {
        const entry = await area.get(key);
        return {
          entry: entry === undefined ? null : { key, value: entry.value, seal_wrap: entry.sealWrap === true },
        };
      }),
    put: ({ entry, txn }) => {
      if (entry === null) return { err: 'there is no entry to put' };
      const { key, value, seal_wrap: sealWrap } = entry;
      return write(txn, key, () => area.put(key, { value, sealWrap }));
    },
    delete: ({ key, txn }) => write(txn, key, () => area.delete(key)),
    isTransactional: () => ({ transactional: false }),
    beginReadOnlyTx: refuseTransaction,
    beginTx: refuseTransaction,
    commit: () => ({ err: noTransactions }),
    rollback: () => ({ err: noTransactions }),
  });
}

const noTransactions = 'this storage has no transactions';

/**
 * OpenBao's SDK does not look at the text of the error of this reply, and would go on as if a transaction had begun; it
 * does look at the status of the call.
 */
function refuseTransaction(): never {
  throw new StatusError('FAILED_PRECONDITION', noTransactions);
}

function refuse(access: StorageAccess, txn: string, use: 'read' | 'write'): string | undefined {
  if (access.state === 'closed') return 'the mount has been closed';
  if (txn !== '') return noTransactions;
  if (access.state === 'setup' && use === 'write') return 'cannot write to storage during setup';
  return undefined;
}

/** Tells a plugin what is wrong without telling it of this machine, such as of paths. */
function textFor(error: unknown): string {
  const code = error instanceof BulkheadError ? error.code : 'VAULT_STORAGE_FAILED';
  return `${code}: ${errorCodes[code].meaning}`;
}

/** @param limit 0 or less for all (OpenBao: sdk/logical, ListPage) */
function page(names: readonly string[], after: string, limit: number): string[] {
  const rest = after === '' ? names : names.filter((name) => byBytes(name, after) > 0);
  return limit > 0 ? rest.slice(0, limit) : [...rest];
}
