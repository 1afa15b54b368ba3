/** The messages that are loaded at run time are those of api-specs/vault. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { schemaFile, vaultSchemaSource } from '../../scripts/vault-schema-source.ts';

it('the schema is what `npm run vault-schema` makes of api-specs/vault', async () => {
  assert.equal(await readFile(schemaFile, 'utf8'), vaultSchemaSource());
});
