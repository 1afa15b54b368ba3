import type { AbortOption } from '../../abort.ts';
import {
  callback,
  filledText,
  flag,
  objectWith,
  oneOf,
  recordOf,
  required,
  shapeOf,
  signal,
  text,
  textThat,
  that,
  timeLimit,
  allOf,
} from '../../settings/option-shape.ts';
import { duration } from '../requests/duration.ts';
import type { NoticeListeners } from '../serving/notices.ts';
import { systemCheck, type VaultSystem } from '../serving/system-view.ts';
import type { VaultStorage } from '../storage/storage.ts';
import { isUuid } from './uuid.ts';

export interface VaultMountOptions extends AbortOption, NoticeListeners {
  readonly type: 'secret' | 'auth';
  /** Name under which the plugin is registered. */
  readonly name: string;
  /** Default: the pinned version, or the newest. */
  readonly version?: string | undefined;
  /** Where it is mounted, such as `secret/` or `auth/jwt/`. Default: the name, for auth methods below `auth/`. */
  readonly path?: string | undefined;
  /**
   * Where the plugin's data are kept. Mounts with the same path on the same storage have the same data. Default: in
   * memory, and gone with the mount.
   */
  readonly storage?: VaultStorage | undefined;
  /**
   * By this the mount's data are found in the storage. Default: the one that this path has had before, or a random one.
   */
  readonly uuid?: string | undefined;
  /** The options of the mount that the plugin is set up with, such as `{ version: '2' }`. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  readonly system?: VaultSystem | undefined;
  /** Whether the mount may share its plugin with others. Default true. */
  readonly share?: boolean | undefined;
  /** Time between rollbacks in milliseconds; `false` for none. Default: 60000. */
  readonly rollbackMs?: number | false | undefined;
  /** Time limit of each call with which a plugin is set up, in milliseconds. Default: 60000. */
  readonly setupTimeoutMs?: number | undefined;
  /**
   * Called for what fails without a caller who waits for it: the storage, a rollback, the revocation of a lease.
   * Default: a warning of the process.
   */
  readonly onProblem?: ((problem: VaultProblem) => void) | undefined;
}

export interface VaultProblem {
  readonly path: string;
  /** In words. */
  readonly what: string;
  readonly error: unknown;
}

export const mountPathCheck = allOf(
  filledText,
  textThat(
    (value) => !value.startsWith('/') && value.replace(/\/$/, '').split('/').every(isPart),
    'must be parts with slashes between them, none of them empty, . or ..',
  ),
);

export const vaultMountOptions = required(
  shapeOf<VaultMountOptions>({
    type: required(oneOf('secret', 'auth')),
    name: required(filledText),
    version: text,
    path: mountPathCheck,
    storage: objectWith('list', 'get', 'put', 'delete'),
    uuid: that(isUuid, 'must be letters, digits, - and _'),
    config: recordOf(required(text)),
    system: systemCheck,
    share: flag,
    rollbackMs: (value, operation) => (value === false ? undefined : timeLimit(value, operation)),
    setupTimeoutMs: timeLimit,
    onProblem: callback,
    onEvent: callback,
    onObservation: callback,
    signal,
  }),
);

export const renewOptions = shapeOf<AbortOption & { incrementMs?: number }>({
  incrementMs: duration(1),
  signal,
});

function isPart(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..';
}

/** With a slash at the end. */
export function mountPath({ path, type, name }: VaultMountOptions): string {
  const chosen = path ?? (type === 'auth' ? `auth/${name}` : name);
  return chosen.endsWith('/') ? chosen : `${chosen}/`;
}

/** The word by which a mount is named where its path must not be, as in Vault. */
export function accessorOf(type: 'secret' | 'auth', uuid: string): string {
  return `${type}_${uuid.slice(0, 8)}`;
}
