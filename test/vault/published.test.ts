/**
 * Further plugins of Vault, as HashiCorp publishes them, that can be used without the service that they are for: each is
 * configured, read, listed, rolled back, killed and used again. They take long to build, so they are tried when
 * BULKHEAD_VAULT_PLUGINS says so.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it } from 'node:test';
import { memoryStorage, openVaultMount, type VaultMount, type VaultProblem } from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import type { FixtureName } from '../plugins/images.ts';
import { signed } from './json-web-token.ts';
import { allCells, killPlugin, withPlugin } from './mounted.ts';

const wanted = process.env['BULKHEAD_VAULT_PLUGINS'] === '1';
/** Docker and Podman, with runc and with gVisor, rootful. */
const cells = allCells().filter(({ user, testEngine }) => user !== '0:0' && !testEngine.rootless);

interface Published {
  readonly fixture: FixtureName;
  readonly type: 'secret' | 'auth';
  /** Configures the plugin and writes what `found` looks for. */
  readonly begin: (mount: VaultMount) => Promise<void>;
  /** What was written is there; called again after the plugin was killed. */
  readonly found: (mount: VaultMount) => Promise<void>;
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const published: readonly Published[] = [
  {
    fixture: 'go-vault-secrets-openldap',
    type: 'secret',
    async begin(mount) {
      const config = {
        binddn: 'cn=admin',
        bindpass: 's3cret',
        url: 'ldap://127.0.0.1:1',
        request_timeout: 1,
      };
      await mount.write('config', config);
      await mount.write('config', { ...config, password_policy: 'default' });
      const rotated = mount.write('config', { ...config, rotation_period: 3600 });
      await assert.rejects(rotated, /does not rotate credentials/);
      await mount.write('role/dev', {
        creation_ldif: 'dn: cn={{.Username}},dc=example\nobjectClass: person\nuserPassword: {{.Password}}',
        deletion_ldif: 'dn: cn={{.Username}},dc=example\nchangetype: delete',
        default_ttl: '1h',
      });
      // It makes a password by the policy of its host, and then finds no directory.
      await assert.rejects(mount.read('creds/dev'), /127\.0\.0\.1|Network Error|connect/);
    },
    async found(mount) {
      assert.equal((await mount.read('config'))?.data['binddn'], 'cn=admin');
      assert.deepEqual(await mount.list('role'), ['dev']);
      assert.equal((await mount.read('role/dev'))?.data['default_ttl'], 3600);
      assert.equal(await mount.exists('role/dev'), true);
      assert.equal(await mount.exists('role/nobody'), false);
    },
  },
  {
    fixture: 'go-vault-secrets-terraform',
    type: 'secret',
    async begin(mount) {
      await mount.write('config', { address: 'http://127.0.0.1:1', base_path: '/api/v2/' });
      await mount.write('role/dev', { user_id: 'user-1', ttl: '60s', max_ttl: '1h' });
    },
    async found(mount) {
      assert.equal((await mount.read('config'))?.data['address'], 'http://127.0.0.1:1');
      assert.deepEqual(await mount.list('role'), ['dev']);
      assert.equal((await mount.read('role/dev'))?.data['user_id'], 'user-1');
      assert.equal(await mount.exists('role/dev'), undefined, 'it has no check for roles');
    },
  },
  {
    fixture: 'go-vault-auth-kubernetes',
    type: 'auth',
    async begin(mount) {
      await mount.write('config', {
        kubernetes_host: 'https://127.0.0.1:1',
        disable_local_ca_jwt: true,
        pem_keys: [key.publicKey.export({ type: 'spki', format: 'pem' })],
      });
      await mount.write('role/dev', {
        bound_service_account_names: ['dev'],
        bound_service_account_namespaces: ['default'],
        token_policies: ['read-colours'],
        token_ttl: '60s',
      });
    },
    async found(mount) {
      assert.equal((await mount.read('config'))?.data['kubernetes_host'], 'https://127.0.0.1:1');
      assert.deepEqual(await mount.list('role'), ['dev']);
      const jwt = signed(key.privateKey, {
        iss: 'kubernetes/serviceaccount',
        'kubernetes.io/serviceaccount/namespace': 'default',
        'kubernetes.io/serviceaccount/service-account.name': 'dev',
        'kubernetes.io/serviceaccount/service-account.uid': 'uid-1',
      });
      const data = { role: 'dev', jwt };
      const ahead = await mount.request({ operation: 'alias-lookahead', path: 'login', data });
      assert.equal(ahead?.login?.alias?.name, 'uid-1');
      const role = await mount.request({ operation: 'resolve-role', path: 'login', data });
      assert.equal(role?.data['role'], 'dev');
      await assert.rejects(mount.login('login', { ...data, jwt: 'x.y.z' }), { code: /VAULT_REQUEST/ });
      await assert.rejects(mount.login('login', { ...data, role: 'nobody' }), {
        code: 'VAULT_REQUEST_REFUSED',
      });
    },
  },
];

for (const { fixture, type, begin, found } of published) {
  const title = `configures, kills and uses again: ${fixture}`;
  if (!wanted) it(title, { skip: 'BULKHEAD_VAULT_PLUGINS=1 is not set' }, () => undefined);
  else if (cells.length === 0) it(title, { skip: noEngines }, () => undefined);
  else {
    for (const cell of cells) {
      it(`${title}, ${cell.title}`, { timeout: 1_800_000 }, (t) =>
        withPlugin(t, cell, { fixture, type, name: 'plugin' }, async ({ engine, host }) => {
          const problems: VaultProblem[] = [];
          const storage = memoryStorage();
          const options = {
            type,
            name: 'plugin',
            onProblem: (each: VaultProblem) => void problems.push(each),
          };
          await using mount = await openVaultMount(host, { ...options, path: 'one', storage });
          await using other = await openVaultMount(host, { ...options, path: 'two', storage });
          assert.ok((await mount.help('')).text.length > 0);
          assert.deepEqual(await mount.list('role'), []);
          await begin(mount);
          await found(mount);
          await mount.rollback();
          await killPlugin(engine, mount);
          await found(mount);
          assert.deepEqual(await other.list('role'), [], 'nothing of the other mount');
          await mount.delete('role/dev');
          assert.deepEqual(await mount.list('role'), []);
          await assert.rejects(mount.write('no/such/path', {}), { status: 404 });
          await mount.destroy();
          assert.deepEqual(problems, []);
        }),
      );
    }
  }
}
