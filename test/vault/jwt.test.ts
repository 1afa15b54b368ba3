/** Vault's own JWT auth method, as HashiCorp publishes it, with a key that is given to it: it needs no service. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it } from 'node:test';
import { memoryStorage, openVaultMount } from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { isInTurn } from '../engines/in-turn.ts';
import { signed } from './json-web-token.ts';
import { allCells, killPlugin, withPlugin } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
// The plugins for databases have their turn in the other cells.
const cells = allCells()
  .filter(({ user }) => user !== '0:0')
  .filter((_, i) => isInTurn(i + Math.floor(i / 4), 3));
if (cells.length === 0) it('logs in with the JWT auth method of Vault', { skip: noEngines }, () => undefined);

for (const cell of cells) {
  it(`logs in with the JWT auth method of Vault: ${cell.title}`, limits, (t) =>
    withPlugin(
      t,
      cell,
      { fixture: 'go-vault-auth-jwt', type: 'auth', name: 'jwt' },
      async ({ engine, host }) => {
        const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        await using jwt = await openVaultMount(host, { type: 'auth', name: 'jwt', storage: memoryStorage() });
        assert.ok(jwt.specialPaths.unauthenticated.includes('login'));
        const pem = ours.publicKey.export({ type: 'spki', format: 'pem' });
        await jwt.write('config', { jwt_validation_pubkeys: [pem], bound_issuer: 'tests' });
        await jwt.write('role/dev', {
          role_type: 'jwt',
          user_claim: 'sub',
          bound_audiences: ['bulkhead'],
          token_policies: ['read-colours'],
          token_ttl: '60s',
          token_max_ttl: '1h',
        });
        assert.deepEqual(await jwt.list('role'), ['dev']);

        const token = signed(ours.privateKey, { iss: 'tests', aud: 'bulkhead', sub: 'ann' });
        const login = await jwt.login('login', { role: 'dev', jwt: token });
        assert.deepEqual(login.alias?.name, 'ann');
        assert.deepEqual([login.policies, login.ttlMs, login.renewable], [['read-colours'], 60_000, true]);
        assert.ok((await jwt.renewLogin(login, 'login', {}, { incrementMs: 30_000 })).ttlMs > 0);

        const wrong = signed(theirs.privateKey, { iss: 'tests', aud: 'bulkhead', sub: 'ann' });
        for (const [role, attempt] of [
          ['dev', wrong],
          ['dev', signed(ours.privateKey, { iss: 'tests', aud: 'others', sub: 'ann' })],
          ['nobody', token],
        ])
          await assert.rejects(jwt.login('login', { role, jwt: attempt }), { code: 'VAULT_REQUEST_REFUSED' });

        await killPlugin(engine, jwt);
        assert.equal((await jwt.read('role/dev'))?.data['user_claim'], 'sub');
        const again = await jwt.login('login', { role: 'dev', jwt: token });
        assert.equal(again.alias?.name, 'ann');
      },
    ),
  );
}
