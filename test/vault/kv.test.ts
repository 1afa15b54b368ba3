/**
 * Vault's own key/value secrets engine, as HashiCorp publishes it, used as Vault itself can't use it: version 2 as an
 * external plugin, in cells of every engine, runtime and user.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memoryStorage, openVaultMount, type VaultMount } from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { isInTurn } from '../engines/in-turn.ts';
import { allCells, killPlugin, withPlugin, type Given } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const plugin = { fixture: 'go-vault-secrets-kv', type: 'secret', name: 'kv' } as const;
/** Four to an engine. The rows alternate, so that each runtime and each user has its turn. */
const cells = allCells().filter((_, i) => isInTurn(i + Math.floor(i / 4), 4));
if (cells.length === 0)
  it('mounts the key/value secrets engine of Vault', { skip: noEngines }, () => undefined);

for (const cell of cells) {
  it(`mounts the key/value secrets engine of Vault in both versions: ${cell.title}`, limits, (t) =>
    withPlugin(t, cell, plugin, useBothVersions),
  );
}

async function useBothVersions({ engine, host }: Given): Promise<void> {
  const storage = memoryStorage();
  await using two = await openVaultMount(host, {
    type: 'secret',
    name: 'kv',
    path: 'secret/',
    storage,
    config: { version: '2' },
  });
  await using one = await openVaultMount(host, { type: 'secret', name: 'kv', path: 'old/kv', storage });
  assert.equal(host.instances().length, 1, 'both share a container');

  await one.write('greeting', { text: 'hello', count: 3 });
  await two.write('data/greeting', { data: { text: 'hello' } });
  await useVersionOne(one);
  await useVersionTwo(two);

  await killPlugin(engine, two);
  assert.deepEqual((await two.read('data/kept'))?.data['data'], { n: 1 });
  assert.deepEqual((await one.read('greeting'))?.data, { text: 'hello', count: 3 });
  await two.write('data/kept', { data: { n: 2 }, options: { cas: 1 } });
  assert.deepEqual((await two.read('data/kept'))?.data['data'], { n: 2 });
  assert.equal(host.instances()[0]?.restarts, 1);

  for (const path of ['../secret/greeting', '..', 'a/../../x', './a']) {
    await assert.rejects(one.read(path), (error: Error & { cause?: unknown }) => {
      assert.equal((error.cause as { code?: string } | undefined)?.code, 'VAULT_STORAGE_KEY_INVALID', path);
      return true;
    });
    await assert.rejects(one.write(path, { stolen: true }));
  }
}

async function useVersionOne(kv: VaultMount): Promise<void> {
  const read = await kv.read('greeting');
  assert.deepEqual(read?.data, { text: 'hello', count: 3 });
  assert.equal(read.lease?.id, '', 'a secret that can not be revoked is no lease to keep');
  assert.deepEqual(await kv.leases(), []);
  await kv.write('folder/below', { a: 1 });
  assert.deepEqual(await kv.list(''), ['folder/', 'greeting']);
  assert.deepEqual(await kv.list('folder'), ['below']);
  assert.equal(await kv.read('nothing'), undefined);
  assert.equal(await kv.exists('greeting'), true);
  assert.equal(await kv.exists('nothing'), false);
  await kv.delete('folder/below');
  assert.deepEqual(await kv.list(''), ['greeting']);
  assert.match((await kv.help('')).text, /reads and writes arbitrary secrets/);
}

async function useVersionTwo(kv: VaultMount): Promise<void> {
  const data = async (path: string, query?: object) => (await kv.read(path, { ...query }))?.data;
  assert.deepEqual((await data('data/greeting'))?.['data'], { text: 'hello' });
  assert.deepEqual(await kv.list('metadata'), ['greeting'], 'nothing of the other mount');

  await kv.write('data/greeting', { data: { text: 'hi' }, options: { cas: 1 } });
  await assert.rejects(kv.write('data/greeting', { data: {}, options: { cas: 1 } }), {
    code: 'VAULT_REQUEST_REFUSED',
    status: 400,
  });
  assert.deepEqual((await data('data/greeting'))?.['data'], { text: 'hi' });
  assert.deepEqual((await data('data/greeting', { version: 1 }))?.['data'], { text: 'hello' });

  await kv.patch('data/greeting', { data: { more: true } });
  assert.deepEqual((await data('data/greeting'))?.['data'], { text: 'hi', more: true });

  await kv.delete('data/greeting');
  const deleted = await kv.read('data/greeting');
  assert.equal(deleted?.raw?.status, 404);
  const { metadata } = deleted.data as { metadata: { version: number; deletion_time: string } };
  assert.equal(metadata.version, 3);
  assert.notEqual(metadata.deletion_time, '');
  await kv.write('undelete/greeting', { versions: [3] });
  assert.deepEqual((await data('data/greeting'))?.['data'], { text: 'hi', more: true });
  await kv.write('destroy/greeting', { versions: [1] });
  assert.equal((await kv.read('data/greeting', { version: 1 }))?.status, 404);

  const versions = (await data('metadata/greeting'))?.['versions'] as Record<string, { destroyed: boolean }>;
  assert.deepEqual(
    Object.entries(versions).map(([version, { destroyed }]) => [version, destroyed]),
    [
      ['1', true],
      ['2', false],
      ['3', false],
    ],
  );
  await kv.delete('metadata/greeting');
  assert.deepEqual(await kv.list('metadata'), []);
  await kv.write('data/kept', { data: { n: 1 } });
  assert.equal(await kv.read('data/nothing'), undefined);
  const nowhere = await kv.read('no/such/path');
  assert.equal(nowhere?.status, 404);
  assert.match(nowhere.warnings[0] ?? '', /^Invalid path for a versioned/);
  await assert.rejects(kv.write('no/such/path'), {
    code: 'VAULT_REQUEST_REFUSED',
    status: 404,
    text: /Invalid path for a versioned/,
  });
  assert.ok(kv.specialPaths.sealWrapStorage.length > 0);
}
