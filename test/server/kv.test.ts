/** Vault's key/value engine through the API: enabled, used, tuned, reloaded, kept over a restart, disabled. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { noEngines } from '../engines/engines.ts';
import type { Got } from './support/api-client.ts';
import { serverEngine, withServer, type ServerWorld } from './support/with-server.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000, skip: serverEngine === undefined ? noEngines : false };

it('serves the key/value engine on the paths of Vault', limits, (t) =>
  withServer(t, {}, async (world) => {
    await enableBoth(world);
    await useVersionTwo(world);
    await useVersionOne(world);
    await tune(world);
    await reload(world);
    await refuseBroken(world);
    const again = await world.restart();
    assert.equal(again.server.adminToken, undefined, 'the token is shown once');
    const kept = await again.api('GET', '/v1/secret/data/colours');
    assert.deepEqual(at(kept, 'data', 'data'), { sky: 'grey', sea: 'green' });
    assert.equal(at(await again.api('GET', '/v1/sys/mounts/secret/tune'), 'data', 'default_lease_ttl'), 3600);
    await disable(again);
  }),
);

async function enableBoth({ api }: ServerWorld): Promise<void> {
  const made = await api('POST', '/v1/sys/mounts/secret', {
    body: { type: 'kv', options: { version: '2' }, description: 'ours', config: { default_lease_ttl: '0' } },
  });
  assert.equal(made.status, 204, made.text);
  assert.equal(
    (await api('POST', '/v1/sys/mounts/old/kv', { body: { type: 'kv-v1', mystery: 1 } })).status,
    200,
  );
  const taken = await api('POST', '/v1/sys/mounts/secret', { body: { type: 'kv' } });
  assert.equal(taken.status, 400);
  assert.match(errorsOf(taken), /in use/);
  for (const type of ['nope', '']) {
    const unknown = await api('POST', '/v1/sys/mounts/nope', { body: { type } });
    assert.equal(unknown.status, 400, unknown.text);
  }
  const version = await api('POST', '/v1/sys/mounts/nope', { body: { type: 'kv', plugin_version: '3.2.1' } });
  assert.equal(version.status, 400, version.text);
  const sealed = await api('POST', '/v1/sys/mounts/nope', { body: { type: 'kv', seal_wrap: true } });
  assert.equal(sealed.status, 400, 'what would not be done is not promised');

  const all = await api('GET', '/v1/sys/mounts');
  assert.deepEqual(Object.keys(at(all, 'data') as object), ['old/kv/', 'secret/']);
  assert.deepEqual(at(all, 'secret/', 'options'), { version: '2' }, 'the mounts stand beside the data too');
  const one = await api('GET', '/v1/sys/mounts/secret/');
  assert.match(String(at(one, 'data', 'running_sha256')), /^[0-9a-f]{64}$/);
  assert.deepEqual([at(one, 'type'), at(one, 'description')], ['kv', 'ours']);
  assert.equal((await api('GET', '/v1/sys/mounts/nope')).status, 400);
  const seen = await api('GET', '/v1/sys/internal/ui/mounts/secret/data/colours');
  assert.deepEqual([at(seen, 'data', 'path'), at(seen, 'data', 'options', 'version')], ['secret/', '2']);
}

async function useVersionTwo({ api }: ServerWorld): Promise<void> {
  const written = await api('POST', '/v1/secret/data/colours', {
    body: '{"data":{"sky":"blue","count":12345678901234567890}}',
  });
  assert.equal(written.status, 200, written.text);
  assert.equal(at(written, 'data', 'version'), 1);
  assert.equal(at(written, 'mount_type'), 'kv');
  const patched = await api('PATCH', '/v1/secret/data/colours', {
    body: { data: { sky: 'grey', sea: 'green', count: null } },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  assert.equal(patched.status, 200, patched.text);
  for (const [method, path] of [
    ['LIST', '/v1/secret/metadata'],
    ['LIST', '/v1/secret/metadata/'],
    ['GET', '/v1/secret/metadata?list=true'],
  ] as const)
    assert.deepEqual(at(await api(method, path), 'data', 'keys'), ['colours']);
  const old = await api('GET', '/v1/secret/data/colours?version=1');
  assert.match(old.text, /"sky":"blue"/, 'a parameter of the query reaches the plugin');
  const cas = await api('PUT', '/v1/secret/data/colours', { body: { data: {}, options: { cas: 7 } } });
  assert.equal(cas.status, 400);
  assert.match(errorsOf(cas), /check-and-set parameter did not match the current version/);
  for (const [method, path] of [
    ['GET', '/v1/secret/data/nothing'],
    ['LIST', '/v1/secret/metadata/nothing'],
  ] as const) {
    const none = await api(method, path);
    assert.deepEqual([none.status, errorsOf(none)], [404, '']);
  }
  assert.equal((await api('POST', '/v1/secret/data/gone', { body: { data: { a: 1 } } })).status, 200);
  assert.equal((await api('DELETE', '/v1/secret/data/gone')).status, 204);
  const deleted = await api('GET', '/v1/secret/data/gone');
  assert.equal(deleted.status, 404, 'a raw answer of the plugin');
  assert.notEqual(at(deleted, 'data', 'metadata', 'deletion_time'), '');
  assert.equal((await api('DELETE', '/v1/secret/metadata/gone')).status, 204);
}

async function useVersionOne({ api }: ServerWorld): Promise<void> {
  assert.equal((await api('PUT', '/v1/old/kv/greeting', { body: { text: 'hello' } })).status, 204);
  const read = await api('GET', '/v1/old/kv/greeting');
  assert.deepEqual([at(read, 'data'), at(read, 'lease_id')], [{ text: 'hello' }, '']);
  assert.deepEqual(at(await api('LIST', '/v1/old/kv'), 'data', 'keys'), ['greeting']);
  const help = await api('GET', '/v1/old/kv/?help=1');
  assert.match(String(at(help, 'help')), /reads and writes arbitrary secrets/);
  const nowhere = await api('GET', '/v1/nowhere/x');
  assert.equal(nowhere.status, 404);
  assert.match(errorsOf(nowhere), /no handler for route/);
  assert.equal((await api('POST', '/v1/sys/nonsense', { body: {} })).status, 404);
}

async function tune({ api }: ServerWorld): Promise<void> {
  const tuned = await api('POST', '/v1/sys/mounts/secret/tune', {
    body: { default_lease_ttl: '1h', description: 'tuned', listing_visibility: 'unauth' },
  });
  assert.equal(tuned.status, 204, tuned.text);
  const now = await api('GET', '/v1/sys/mounts/secret/tune');
  assert.deepEqual([at(now, 'data', 'default_lease_ttl'), at(now, 'description')], [3600, 'tuned']);
  assert.deepEqual(at(await api('GET', '/v1/secret/data/colours'), 'data', 'data', 'sky'), 'grey');
  const cache = await api('POST', '/v1/sys/mounts/secret/tune', { body: { force_no_cache: true } });
  assert.equal(cache.status, 400);
  const absent = await api('POST', '/v1/sys/mounts/secret/tune', { body: { plugin_version: '9.9.9' } });
  assert.equal(absent.status, 400);
}

async function reload({ api, host }: ServerWorld): Promise<void> {
  const instance = () => host.instances().map(({ id }) => id);
  for (const [path, body] of [
    ['backend', { plugin: 'kv' }],
    ['secret/kv', {}],
    ['unknown/kv', { scope: 'global' }],
    ['backend', { mounts: ['secret/', 'old/kv'] }],
    ['backend', { mounts: 'secret/,old/kv/' }],
    ['unknown', { mounts: ['secret/', 'old/kv/'] }],
  ] as const) {
    const before = instance();
    const done = await api('POST', `/v1/sys/plugins/reload/${path}`, { body });
    assert.equal(done.status, 200, done.text);
    assert.equal(at(done, 'data', 'reload_id'), done.headers['x-vault-request-id']);
    assert.equal(at(done, 'warnings'), null);
    assert.notDeepEqual(instance(), before);
    assert.equal(instance().length, 1, 'one new plugin for both mounts');
  }
  for (const [path, body, status] of [
    ['backend', { plugin: 'nope' }, 404],
    ['secret/nope', {}, 404],
    ['backend', { mounts: ['nope/'] }, 400],
    ['backend', {}, 400],
    ['backend', { plugin: 'kv', mounts: ['secret/'] }, 400],
    ['backend', { plugin: 'kv', scope: 'bogus' }, 400],
    ['bogus/kv', {}, 404],
  ] as const)
    assert.equal((await api('POST', `/v1/sys/plugins/reload/${path}`, { body })).status, status, path);
}

/** A plugin that can't run is the caller's to mend: with 500 clients would try again by themselves. */
async function refuseBroken({ api, host }: ServerWorld): Promise<void> {
  const broken = {
    type: 'secret',
    name: 'gone',
    ociImage: 'bulkhead-no-such-image',
    runtime: 'runc',
  } as const;
  await host.plugins.register(broken, { skipProbe: true });
  const enabled = await api('POST', '/v1/sys/mounts/gone', { body: { type: 'gone' } });
  assert.equal(enabled.status, 400, enabled.text);
  assert.match(errorsOf(enabled), /bulkhead-no-such-image/);
  assert.equal((await api('GET', '/v1/sys/mounts/gone')).status, 400, 'nothing is left of it');
  const body = { oci_image: 'bulkhead-no-such-image', version: '1.0.0' };
  const registered = await api('PUT', '/v1/sys/plugins/catalog/secret/gone', { body });
  assert.equal(registered.status, 400, registered.text);
  assert.match(errorsOf(registered), /^unable to run plugin: /);
  const { ociImage } = await host.plugins.info('secret', 'kv');
  await host.plugins.register({ ...broken, name: 'kv' }, { skipProbe: true });
  const reloaded = await api('POST', '/v1/sys/plugins/reload/secret/kv', { body: {} });
  assert.equal(reloaded.status, 400, reloaded.text);
  assert.equal((await api('GET', '/v1/secret/data/colours')).status, 200, 'everything runs on');
  await host.plugins.register({ ...broken, name: 'kv', ociImage }, { skipProbe: true });
}

async function disable({ api, host }: ServerWorld): Promise<void> {
  for (const path of ['secret', 'old/kv'])
    assert.equal((await api('DELETE', `/v1/sys/mounts/${path}`)).status, 204);
  const absent = await api('DELETE', '/v1/sys/mounts/secret');
  assert.equal(absent.status, 200);
  assert.deepEqual(at(absent, 'warnings'), ['nothing is mounted at secret/']);
  assert.deepEqual(host.instances(), []);
}

function at({ body }: Got, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], body);
}

function errorsOf(got: Got): string {
  return (at(got, 'errors') as string[]).join('\n');
}
