/** Whatever a plugin may answer, over the API: raw answers, errors, leases, logins, headers, numbers of any length. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { noEngines } from '../engines/engines.ts';
import type { Got } from './support/api-client.ts';
import { serverEngine, withServer, type ServerWorld } from './support/with-server.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000, skip: serverEngine === undefined ? noEngines : false };

it('passes on what a plugin answers', limits, (t) =>
  withServer(t, { fixture: 'go-vault-fixture', name: 'fixture' }, async (world) => {
    const enabled = await world.api('POST', '/v1/sys/mounts/f', {
      body: { type: 'fixture', config: { passthrough_request_headers: ['X-A', 'X-Vault-Token'] } },
    });
    assert.equal(enabled.status, 204, enabled.text);
    await refuseTuning(world);
    await answers(world);
    await errors(world);
    await keepLeases(world);
    await logIn(world);
  }),
);

/** What the plugin does not accept changes nothing. */
async function refuseTuning({ api }: ServerWorld): Promise<void> {
  const before = await api('GET', '/v1/sys/mounts/f/tune');
  const body = { options: { refuse: 'the moon is full' }, default_lease_ttl: '2h' };
  const refused = await api('POST', '/v1/sys/mounts/f/tune', { body });
  assert.equal(refused.status, 400, refused.text);
  assert.match(refused.text, /the moon is full/);
  const after = await api('GET', '/v1/sys/mounts/f/tune');
  assert.deepEqual(at(after, 'data'), at(before, 'data'));
  assert.equal((await api('GET', '/v1/f/numbers')).status, 200);
}

async function answers({ api, token }: ServerWorld): Promise<void> {
  const raw = await api('GET', '/v1/f/raw');
  assert.deepEqual([raw.status, raw.headers['content-type']], [418, 'application/octet-stream']);
  assert.match(String(raw.headers['content-security-policy']), /sandbox/, 'it is no page of ours');
  const numbers = await api('GET', '/v1/f/numbers');
  assert.match(numbers.text, /"max":9223372036854775807,/);
  const asked = await api('GET', '/v1/f/request', { headers: { 'X-A': '1', 'X-B': '2' } });
  const seen = JSON.parse(String(at(asked, 'data', 'request'))) as Record<string, unknown>;
  assert.deepEqual(seen['headers'], { 'X-A': ['1'] });
  assert.deepEqual([seen['id'], seen['display_name']], [asked.headers['x-vault-request-id'], 'admin']);
  assert.ok(!asked.text.includes(token), 'no plugin sees a token');
  const wrapped = await api('GET', '/v1/f/wrap', { headers: { 'X-Vault-Wrap-TTL': '60' } });
  assert.equal(wrapped.status, 400, 'what is not wrapped is not handed out as if it were');
  const other = await api('GET', '/v1/f/raw', { headers: { 'X-Vault-Namespace': 'team' } });
  assert.equal(other.status, 400);
}

async function errors({ api }: ServerWorld): Promise<void> {
  for (const [how, status, text] of [
    ['denied', 403, 'permission denied'],
    ['coded', 429, 'slow down'],
    ['invalid', 400, 'invalid request'],
    ['response', 400, 'no such thing'],
    ['operation', 405, 'unsupported operation'],
    ['other', 500, 'something broke'],
  ] as const) {
    const failed = await api('GET', `/v1/f/fail/${how}`);
    assert.deepEqual([failed.status, at(failed, 'errors')], [status, [text]]);
  }
  assert.equal((await api('POST', '/v1/f/no/such/path', { body: {} })).status, 404);
  assert.equal((await api('DELETE', '/v1/f/raw')).status, 405);
}

async function keepLeases({ api, tokens }: ServerWorld): Promise<void> {
  const made = await api('GET', '/v1/f/creds?ttl_ms=60000');
  assert.equal(made.status, 200, made.text);
  const id = String(at(made, 'lease_id'));
  assert.deepEqual([at(made, 'lease_duration'), at(made, 'renewable')], [60, true]);
  assert.ok(id.startsWith('f/creds/'));
  const renewed = await api('PUT', '/v1/sys/leases/renew', { body: { lease_id: id, increment: 120 } });
  assert.deepEqual([at(renewed, 'lease_id'), at(renewed, 'data')], [id, null]);
  const looked = await api('PUT', '/v1/sys/leases/lookup', { body: { lease_id: id } });
  assert.equal(at(looked, 'data', 'id'), id);
  assert.ok(Number(at(looked, 'data', 'ttl')) > 60);
  const listed = await api('LIST', '/v1/sys/leases/lookup/f/creds');
  assert.deepEqual(at(listed, 'data', 'keys'), [id.slice('f/creds/'.length)]);
  const { token } = await tokens.create({ name: '', scope: 'mount:other/' });
  for (const path of ['renew', 'revoke', 'lookup'])
    assert.equal((await api('PUT', `/v1/sys/leases/${path}`, { token, body: { lease_id: id } })).status, 403);
  assert.equal((await api('PUT', '/v1/sys/leases/revoke', { body: { lease_id: id } })).status, 204);
  for (const path of ['renew', 'revoke', 'lookup'])
    for (const lease of [id, 'nowhere/x', ''])
      assert.equal((await api('PUT', `/v1/sys/leases/${path}`, { body: { lease_id: lease } })).status, 400);
  assert.equal((await api('LIST', '/v1/sys/leases/lookup/f/creds')).status, 404);
}

async function logIn({ api, host, image }: ServerWorld): Promise<void> {
  const registration = { type: 'auth', name: 'fixture', ociImage: image, runtime: 'runc', args: ['auth'] };
  await host.plugins.register(registration, { skipProbe: true });
  assert.equal((await api('POST', '/v1/sys/auth/staff', { body: { type: 'fixture' } })).status, 204);
  assert.deepEqual(Object.keys(at(await api('GET', '/v1/sys/auth'), 'data') as object), ['staff/']);
  const login = await api('POST', '/v1/auth/staff/login', { body: { user: 'ann', ttl_ms: 60_000 } });
  assert.equal(login.status, 200, login.text);
  const {
    client_token: none,
    policies,
    metadata,
    lease_duration: seconds,
  } = at(login, 'auth') as Record<string, unknown>;
  assert.deepEqual([none, policies, metadata, seconds], ['', ['p1', 'p2'], { user: 'ann' }, 60]);
  assert.match(JSON.stringify(at(login, 'warnings')), /makes no token/);
  assert.equal((await api('POST', '/v1/auth/staff/login', { body: {} })).status, 403);
  const without = await api('POST', '/v1/auth/staff/login', { body: { user: 'ann' }, token: '' });
  assert.equal(without.status, 403, 'not even a login is answered without a token');
  assert.equal((await api('DELETE', '/v1/sys/auth/staff')).status, 204);
}

function at({ body }: Got, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], body);
}
