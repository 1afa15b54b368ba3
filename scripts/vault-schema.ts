/** Writes the message types of Vault's protocols, which are loaded at run time, from api-specs/vault: `npm run vault-schema`. */
import { writeFileSync } from 'node:fs';
import { schemaFile, vaultSchemaSource } from './vault-schema-source.ts';

writeFileSync(schemaFile, vaultSchemaSource());
