/** Whom the code of an answer blames. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { errorAnswer } from '../../src/server/http/error-answer.ts';
import { VaultRequestError, VaultStorageError } from '../../src/vault/index.ts';

const failed = (status: number, cause?: unknown) =>
  new VaultRequestError(
    { operation: 'update', path: 'a' },
    { status, type: 'server', text: 'failed to write' } as never,
    { cause },
  );

it('blames the storage, and not the plugin that passes on its failure', () => {
  const full = new VaultStorageError('VAULT_STORAGE_FULL', 'a', 'no room');
  const { status, code, texts } = errorAnswer(failed(500, full), false);
  assert.deepEqual(
    { status, code, texts },
    { status: 500, code: 'VAULT_STORAGE_FULL', texts: ['failed to write'] },
  );
  assert.equal(errorAnswer(failed(500), false).code, 'VAULT_REQUEST_FAILED');
});

it('blames the request for what the plugin refuses, and the plugin for keys that are none', () => {
  const full = new VaultStorageError('VAULT_STORAGE_FULL', 'a', 'no room');
  assert.equal(errorAnswer(failed(400, full), false).code, 'VAULT_REQUEST_REFUSED');
  const key = new VaultStorageError('VAULT_STORAGE_KEY_INVALID', '..', 'no key');
  assert.equal(errorAnswer(failed(500, key), false).code, 'VAULT_REQUEST_FAILED');
});
