/**
 * `bulkhead/vault`: secrets engines, auth methods and database plugins of Vault and OpenBao, mounted and used without a
 * Vault; storages for their data; and the handshakes of Vault's plugins.
 */
import '../node-version.ts';

export { vaultBackend, vaultDatabase, type VaultPluginKind } from './handshakes.ts';
export { openVaultMount } from './mount/open-vault-mount.ts';
export type { VaultMountOptions, VaultProblem } from './mount/mount-options.ts';
export type { VaultHelp, VaultMount } from './mount/vault-mount.ts';
export type { SpecialPaths } from './mount/special-paths.ts';
export { openVaultDatabase } from './database/open-vault-database.ts';
export type { VaultDatabaseOptions } from './database/database-options.ts';
export type {
  ClientCertificateRequest,
  VaultCredentialRequest,
  VaultCredentialType,
  VaultDatabase,
  VaultDatabaseCall,
  VaultDatabaseUser,
  VaultNewUser,
  VaultUserChanges,
} from './database/vault-database.ts';
export {
  VaultDatabaseError,
  VaultRequestError,
  VaultStorageError,
  type VaultDatabaseOperation,
  type VaultErrorType,
  type VaultStorageErrorCode,
} from './errors.ts';
export type { VaultOperation } from './requests/operations.ts';
export type { VaultConnection, VaultRequest, VaultRequestOptions } from './requests/request.ts';
export type {
  VaultAlias,
  VaultData,
  VaultLease,
  VaultLogin,
  VaultRawAnswer,
  VaultResponse,
  VaultWrapping,
} from './requests/response.ts';
export type { NoticeListeners, VaultEvent, VaultObservation } from './serving/notices.ts';
export type { VaultEntity, VaultGroup, VaultSystem } from './serving/system-view.ts';
export { generatePassword, type PasswordPolicy, type PasswordRule } from './passwords.ts';
export type { StorageEntry, VaultStorage } from './storage/storage.ts';
export { memoryStorage, type MemoryStorageOptions } from './storage/memory-storage.ts';
export { openFileStorage, type FileStorage, type FileStorageOptions } from './storage/file/file-storage.ts';
