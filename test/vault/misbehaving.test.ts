/** What a mount makes of a plugin that keeps no rules; see ../plugins/vault-misbehaving.ts. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { memoryStorage, openVaultMount, VaultRequestError, type VaultMount } from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { oneCell, withPlugin, type Given } from './mounted.ts';

const limits = { timeout: 300_000 };
const cell = oneCell();
const skip = cell === undefined && noEngines;

describe('a plugin that breaks the rules', { skip }, () => {
  it('has its answers refused, each with what is wrong, and goes on serving', limits, (t) =>
    use(t, [], async ({ host }) => {
      await using mount = await openVaultMount(host, { type: 'secret', name: 'odd' });
      for (const [path, text] of [
        ['cut-short', /the data of the answer are not JSON/],
        ['list', /the data of the answer are not an object/],
        ['no-utf8', /the data of the answer are not/],
        ['deep', /the data of the answer are not JSON/],
        ['long-number', /the data of the answer are not JSON/],
        ['no-status', /no status code/],
        ['secret', /the data of the secret are not JSON/],
      ] as const) {
        await assert.rejects(mount.read(path), (error: unknown) => {
          assert.ok(error instanceof VaultRequestError, `${path}: ${String(error)}`);
          assert.deepEqual([error.status, error.type], [500, 'answer'], path);
          assert.match(error.message, text);
          return true;
        });
      }
      await assert.rejects(mount.read('error-number'), { status: 400, text: '12345678901234567890' });
      await assert.rejects(mount.read('error'), { status: 500, type: 'unknown', text: 'of a type to come' });
      await assert.rejects(mount.read('no-message'), { code: 'PLUGIN_CALL_FAILED' });
      assert.equal(await mount.read('anything else'), undefined);
      assert.deepEqual(await mount.leases(), []);
      assert.equal(host.instances()[0]?.restarts, 0);
    }),
  );

  it('reaches nothing outside of the storage of its mount, and is told of no transaction', limits, (t) =>
    use(t, [], async ({ host }) => {
      const storage = memoryStorage();
      await using mount = await openVaultMount(host, {
        type: 'secret',
        name: 'odd',
        storage,
        onProblem: () => undefined,
      });
      const before = await allKeys(storage, '');
      const said = (await mount.read('storage'))?.data ?? {};
      assert.equal(Object.keys(said).length, 20);
      for (const [what, answer] of Object.entries(said)) {
        if (what === 'begin') assert.match(String(answer), /^call: .*this storage has no transactions/);
        else assert.match(String(answer), /^reply: ./, what);
      }
      assert.match(String(said['get ../data/a']), /VAULT_STORAGE_KEY_INVALID/);
      assert.deepEqual(await allKeys(storage, ''), before);
    }),
  );

  it('has no storage any more after the cleanup of its mount', limits, (t) =>
    use(t, [], async ({ host }) => {
      await using other = await openVaultMount(host, { type: 'secret', name: 'odd', path: 'other' });
      const mount = await openVaultMount(host, { type: 'secret', name: 'odd' });
      await mount.close();
      assert.match(String((await other.read('left'))?.data['get']), /^call: /);
    }),
  );

  it('gets the same id with every call of a mount, and each mount has one of its own', limits, (t) =>
    use(t, [], async ({ host }) => {
      await using one = await openVaultMount(host, { type: 'secret', name: 'odd', path: 'one' });
      await using two = await openVaultMount(host, { type: 'secret', name: 'odd', path: 'two' });
      assert.equal(host.instances().length, 1);
      const [first, second] = [await idsOf(one), await idsOf(two)];
      for (const ids of [first, second]) assert.ok(ids.size === 1 && !ids.has(null));
      assert.notDeepEqual(first, second);
    }),
  );

  it('that is reloaded in vain leaves what the mounts know of the one that still serves', limits, (t) =>
    use(t, [], async ({ host, image }) => {
      const open = (path: string) => openVaultMount(host, { type: 'secret', name: 'odd', path });
      await using one = await open('one');
      await using two = await open('two');
      const newer = { type: 'secret', name: 'odd', ociImage: image, env: { NEWER: 'login' } };
      await host.plugins.register(newer, { skipProbe: true });
      await assert.rejects(host.reload('secret', 'odd'), /one mount is enough/);
      for (const mount of [one, two]) {
        assert.deepEqual(mount.specialPaths.unauthenticated, []);
        assert.equal(await mount.read('anything'), undefined);
      }
      await two.close();
      await host.reload('secret', 'odd');
      assert.deepEqual(one.specialPaths.unauthenticated, ['login']);
    }),
  );

  it('may be one from before Initialize, versions and sharing', limits, (t) =>
    use(t, ['old'], async ({ host }) => {
      await using one = await openVaultMount(host, { type: 'secret', name: 'odd', path: 'one' });
      await using two = await openVaultMount(host, { type: 'secret', name: 'odd', path: 'two' });
      assert.equal(host.instances().length, 2, 'each mount has a plugin of its own');
      assert.equal(one.reportedVersion, '');
      for (const mount of [one, two]) assert.equal((await idsOf(mount)).size, 1);
      assert.equal(await one.write('anything'), undefined);
      assert.equal(await one.exists('anything'), undefined);
    }),
  );
});

/** The ids that the plugin has got with the calls of this mount; null for a call without one. */
async function idsOf(mount: VaultMount): Promise<Set<unknown>> {
  return new Set((await mount.read('ids'))?.data['ids'] as unknown[]);
}

async function allKeys(storage: ReturnType<typeof memoryStorage>, folder: string): Promise<string[]> {
  const names = await storage.list(folder);
  const below = names.map((name) =>
    name.endsWith('/') ? allKeys(storage, folder + name) : Promise.resolve([folder + name]),
  );
  return (await Promise.all(below)).flat();
}

function use(t: TestContext, args: readonly string[], test: (given: Given) => Promise<void>): Promise<void> {
  assert.ok(cell !== undefined);
  return withPlugin(t, cell, { fixture: 'node-vault-misbehaving', type: 'secret', name: 'odd', args }, test);
}
