/** Secrets of a database, in all the spellings in which a plugin may quote them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inspect } from 'node:util';
import { BulkheadError } from '../../src/errors.ts';
import { PluginCallError } from '../../src/goplugin/index.ts';
import { redactor, secretsIn, withoutSecrets } from '../../src/vault/database/secrets.ts';

const password = 'pä/ss "w0rd"+%&';
const pem = [
  '-----BEGIN PRIVATE KEY-----',
  'MC4CAQAwBQYDK2VwBCIEIDAxMjM0NTY3',
  '-----END PRIVATE KEY-----',
  '',
].join('\n');

it('takes every spelling of every text of a configuration out', () => {
  const redact = redactor(
    secretsIn({
      connection_url: 'postgresql://{{username}}:{{password}}@db:5432/app?sslmode=verify-full',
      username: 'vault-admin',
      password,
      replicas: ['mysql://other:its-password@replica/app'],
      tls: { key: pem },
      port: 5432,
      short: 'db',
    }),
  );
  const enc = encodeURIComponent(password);
  for (const [text, expected] of [
    [`login with ${password} failed`, 'login with [config.password] failed'],
    [`at ${enc}.`, 'at [config.password].'],
    [JSON.stringify({ password }), '{"password":"[config.password]"}'],
    [
      `parse "postgresql://vault-admin:${enc}@db:5432/app?sslmode=verify-full": no`,
      'parse "[config.connection_url]": no',
    ],
    [
      `parse "postgresql://vault-admin:${password}@db:5432/app?sslmode=verify-full": no`,
      'parse "[config.connection_url]": no',
    ],
    ['user vault-admin is unknown', 'user [config.username] is unknown'],
    ['with its-password as other', 'with [config.replicas.0] as [config.replicas.0]'],
    ['bad key MC4CAQAwBQYDK2VwBCIEIDAxMjM0NTY3', 'bad key [config.tls.key]'],
    ['host db: dbase', 'host [config.short]: dbase'],
    ['nothing of it', 'nothing of it'],
  ] as const)
    assert.equal(redact(text), expected, text);
});

it('leaves the class and the code of an error, and drops what the plugin has printed', () => {
  const cause = new PluginCallError('PLUGIN_CALL_FAILED', 'fails: UNAVAILABLE', {
    ...{ phase: 'call', plugin: 'image', method: '/a.B/C', status: 'UNAVAILABLE', details: 'no UNAVAILABLE' },
    metadata: {},
    output: { stdout: 'Appended args: [>an earlier password]', stderr: 'more' },
  });
  const error = new BulkheadError('CALL_OUTCOME_UNKNOWN', 'lost', { cause });
  const plain = withoutSecrets(error, [
    { name: 'one', value: 'UNAVAILABLE' },
    { name: 'two', value: 'PLUGIN_CALL_FAILED' },
  ]);
  assert.ok(plain instanceof BulkheadError);
  assert.equal(plain.code, 'CALL_OUTCOME_UNKNOWN');
  assert.ok(plain.cause instanceof PluginCallError);
  assert.deepEqual(
    [plain.cause.code, plain.cause.details, plain.cause.output],
    ['PLUGIN_CALL_FAILED', 'no [one]', { stdout: '', stderr: '' }],
  );
  assert.doesNotMatch(inspect(plain, { depth: 9 }), /earlier password/);
  const other = new Error('nothing of it');
  assert.equal(withoutSecrets(other, [{ name: 'one', value: 'xyzzy' }]), other);
});
