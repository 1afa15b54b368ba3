/** What a user of a database proves itself with, and how it is made (Vault: builtin/logical/database, credentials.go). */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { InvalidOptionError } from '../../errors.ts';
import { generatePassword, type PasswordPolicy } from '../passwords.ts';
import { issueCertificate } from './client-certificate.ts';
import type { VaultCredentialRequest, VaultCredentialType } from './vault-database.ts';

/** Numbers of the types on the wire (Vault: sdk/database/dbplugin/v5, CredentialType). */
export const credentialNumbers: Readonly<Record<VaultCredentialType, number>> = {
  password: 0,
  rsa_private_key: 1,
  client_certificate: 2,
};

/** A credential that was made or given: what the plugin gets, and what the user gets. */
export interface Credential {
  readonly sent: {
    readonly password?: string;
    readonly public_key?: Buffer;
    readonly subject?: string;
  };
  readonly kept: {
    readonly password?: string | undefined;
    readonly privateKey?: string | undefined;
    readonly certificate?: string | undefined;
  };
}

const generate = promisify(generateKeyPair);

/**
 * @param policy by which passwords are made
 * @throws InvalidOptionError for an authority that can't issue certificates
 */
export async function makeCredential(
  request: VaultCredentialRequest,
  {
    policy,
    expiresAt,
  }: { readonly policy?: PasswordPolicy | undefined; readonly expiresAt?: Date | undefined },
): Promise<Credential> {
  switch (request.type) {
    case 'password': {
      const password = request.password ?? generatePassword(request.policy ?? policy);
      return { sent: { password }, kept: { password } };
    }
    case 'rsa_private_key': {
      if (request.publicKey !== undefined)
        return { sent: { public_key: Buffer.from(request.publicKey) }, kept: {} };
      const { publicKey, privateKey } = await generate('rsa', { modulusLength: request.bits ?? 2048 });
      return {
        sent: { public_key: Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })) },
        kept: { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string },
      };
    }
    case 'client_certificate': {
      if (request.issue === undefined) return { sent: { subject: request.subject }, kept: {} };
      if (expiresAt === undefined) {
        throw new InvalidOptionError('expiresAt', 'must be given, because a certificate ends some time');
      }
      const { subject, ...kept } = await issueCertificate(request.issue, expiresAt);
      return { sent: { subject }, kept };
    }
  }
}
