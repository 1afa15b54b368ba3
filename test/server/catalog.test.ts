/** The catalogs of plugins, runtimes and pins over the API, where no engine is asked. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Got } from './support/api-client.ts';
import { openEngineless } from './support/engineless.ts';

const sha256 = 'ab'.repeat(32);
const plugins = '/v1/sys/plugins/catalog';
const runtimes = '/v1/sys/plugins/runtimes/catalog';

function dataOf({ body }: Got): Record<string, unknown> {
  return (body as { data: Record<string, unknown> }).data;
}

function errorOf({ body }: Got): string {
  return (body as { errors: string[] }).errors.join('\n');
}

it('keeps plugins, in all versions', async () => {
  await using server = await openEngineless();
  const { api } = server;
  const register = (name: string, more: object) =>
    api('PUT', `${plugins}/secret/${name}`, { body: { oci_image: 'kv', skip_probe: true, ...more } });
  assert.equal((await api('LIST', `${plugins}/secret`)).status, 404);
  assert.equal(
    (await register('kv', { sha256: `sha256:${sha256}`, version: '0.9.0', args: ['-x', 'a,b'] })).status,
    204,
  );
  assert.equal((await register('kv', { sha256, version: 'v0.25.0', env: ['A=b'] })).status, 204);
  assert.equal((await register('team/kv', { sha_256: sha256 })).status, 204);
  const odd = await register('odd', { sha256, args: 'a,b', mystery: 1 });
  assert.deepEqual(
    [odd.status, (odd.body as { warnings: unknown }).warnings],
    [200, ['Endpoint ignored these unrecognized parameters: [mystery]']],
  );

  const names = ['kv', 'odd', 'team/kv'];
  assert.deepEqual(dataOf(await api('LIST', `${plugins}/secret`)), { keys: names }, 'versioned ones too');
  assert.deepEqual(dataOf(await api('GET', `${plugins}/secret?list=true`)), { keys: names });
  const { secret, auth, detailed } = dataOf(await api('GET', plugins));
  assert.deepEqual([secret, auth], [names, []]);
  assert.deepEqual((detailed as object[])[0], {
    ...{ builtin: false, name: 'kv', oci_image: 'kv', sha256, type: 'secret', version: 'v0.9.0' },
  });
  const read = dataOf(await api('GET', `${plugins}/secret/kv?version=0.9.0`));
  assert.deepEqual(read, {
    ...{ args: ['-x', 'a,b'], builtin: false, command: '', env_names: [], name: 'kv', oci_image: 'kv' },
    ...{ runtime: '', sha256, version: 'v0.9.0' },
  });
  assert.equal(dataOf(await api('GET', `${plugins}/secret/kv`))['version'], 'v0.25.0', 'the one that runs');
  const { token } = await server.tokens.create({ name: '', scope: 'catalog' });
  const shown = await api('GET', `${plugins}/secret/kv?version=0.9.0`, { token });
  assert.deepEqual(dataOf(shown)['args'], [], 'arguments may be secrets');
  assert.equal(dataOf(await api('GET', `${plugins}/secret/team/kv`))['name'], 'team/kv');

  for (const [path, status] of [
    ['secret/nope', 404],
    ['secret/kv?version=1.2.3', 404],
    ['secret/kv?version=one', 400],
    ['kv', 400],
  ] as const)
    assert.equal((await api('GET', `${plugins}/${path}`)).status, status, path);
  assert.equal((await api('PUT', `${plugins}/secret`, { body: {} })).status, 405);

  assert.equal((await api('DELETE', `${plugins}/secret/kv?version=0.9.0`)).status, 204);
  const absent = await api('DELETE', `${plugins}/secret/kv?version=0.9.0`);
  assert.equal(absent.status, 200);
  assert.match(absent.text, /there was no secret plugin kv of version v0\.9\.0/);
});

it('says what is wrong with a registration', async () => {
  await using server = await openEngineless();
  for (const [type, body, text] of [
    ['secret', {}, /at least one of sha256 or version/],
    ['secret', { sha256 }, /must provide oci_image/],
    ['secret', { sha256, command: 'kv' }, /run in containers only/],
    ['secret', { sha256: 'zz', oci_image: 'kv' }, /sha256: must be 64 hexadecimal digits/],
    ['secret', { version: 'notsemver', oci_image: 'kv' }, /version: .*semantic/],
    ['secret', { version: 'v1.0.0+builtin', oci_image: 'kv' }, /reserved metadata identifier/],
    ['secret', { sha256, oci_image: 'kv', runtime: 'unknown' }, /no plugin runtime "unknown"/],
    ['secret', { sha256, oci_image: 'kv', env: ['NOEQUALS'] }, /env\[0\]: must be NAME=value/],
    ['secret', { version: '1.0.0', download: true }, /not downloaded/],
    ['bogus', { sha256, oci_image: 'kv' }, /bogus/],
  ] as const) {
    const refused = await server.api('PUT', `${plugins}/${type}/kv`, { body: { skip_probe: true, ...body } });
    assert.equal(refused.status, 400, refused.text);
    assert.match(errorOf(refused), text);
  }
});

it('keeps runtimes, also with settings that Vault does not have', async () => {
  await using server = await openEngineless();
  const { api } = server;
  assert.deepEqual(dataOf(await api('LIST', runtimes)), { runtimes: [] });
  const body = {
    oci_runtime: 'runc',
    cpu_nanos: '123',
    rootless: 'true',
    network: 'none',
    pids_limit: 50,
    unknown: 1,
  };
  assert.equal((await api('PUT', `${runtimes}/container/mine`, { body })).status, 200, 'with a warning');
  const own = { network: 'none', pids_limit: 50 };
  const mine = { ...{ name: 'mine', type: 'container', oci_runtime: 'runc', cgroup_parent: '' }, ...own };
  const shown = { ...mine, cpu_nanos: 123, memory_bytes: 0, rootless: true };
  assert.deepEqual(dataOf(await api('GET', `${runtimes}/container/mine`)), shown);
  assert.deepEqual(dataOf(await api('GET', `${runtimes}?type=container`)), { runtimes: [shown] });
  for (const [method, path, wrong, status] of [
    ['PUT', 'container/neg', { cpu_nanos: -1 }, 400],
    ['PUT', 'container/neg', { memory_bytes: '-1' }, 400],
    ['PUT', 'container/neg', { cpu_nanos: 'abc' }, 400],
    ['PUT', 'container/neg', { rootless: 'maybe' }, 400],
    ['PUT', 'container/bad%20name', {}, 400],
    ['PUT', 'bogus/x', {}, 404],
    ['GET', 'container/nope', undefined, 404],
    ['DELETE', 'container/nope', undefined, 404],
  ] as const) {
    const refused = await api(method, `${runtimes}/${path}`, { body: wrong });
    assert.equal(refused.status, status, `${method} ${path}: ${refused.text}`);
  }
  assert.equal((await api('GET', `${runtimes}?type=bogus`)).status, 400);
  const using = { oci_image: 'kv', sha256, runtime: 'mine', skip_probe: true };
  assert.equal((await api('PUT', `${plugins}/secret/kv`, { body: using })).status, 204);
  const inUse = await api('DELETE', `${runtimes}/container/mine`);
  assert.equal(inUse.status, 400);
  assert.match(errorOf(inUse), /in use by secret kv/);
  await api('DELETE', `${plugins}/secret/kv`);
  assert.equal((await api('DELETE', `${runtimes}/container/mine`)).status, 204);
});

it('pins versions', async () => {
  await using server = await openEngineless();
  const { api } = server;
  const pins = '/v1/sys/plugins/pins';
  const body = { oci_image: 'kv', skip_probe: true, version: '1.0.0' };
  await api('PUT', `${plugins}/secret/kv`, { body });
  assert.deepEqual(dataOf(await api('GET', pins)), { pinned_versions: [] });
  assert.equal((await api('POST', `${pins}/secret/kv`, { body: { version: '1.0.0' } })).status, 200);
  for (const wrong of [{}, { version: '7.7.7' }, { version: 'x' }])
    assert.equal((await api('POST', `${pins}/secret/kv`, { body: wrong })).status, 400);
  const pin = { name: 'kv', type: 'secret', version: 'v1.0.0' };
  assert.deepEqual(dataOf(await api('GET', pins)), { pinned_versions: [pin] });
  assert.deepEqual(dataOf(await api('GET', `${pins}/secret/kv`)), pin);
  assert.equal((await api('GET', `${pins}/secret/nope`)).status, 404);
  const pinned = await api('DELETE', `${plugins}/secret/kv?version=1.0.0`);
  assert.deepEqual([pinned.status, errorOf(pinned).includes('is pinned')], [400, true]);
  assert.equal((await api('DELETE', `${pins}/secret/kv`)).status, 200);
  assert.match(
    (await api('DELETE', `${pins}/secret/kv`)).text,
    /no version of the secret plugin kv was pinned/,
  );
});
