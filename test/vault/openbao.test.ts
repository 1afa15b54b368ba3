/** A plugin on OpenBao's own SDK: what only OpenBao has is answered, and honestly where there is none of it. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { memoryStorage, openVaultMount } from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { killPlugin, oneCell, withPlugin, type Given } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const cell = oneCell();

describe("a plugin on OpenBao's SDK", { skip: cell === undefined && noEngines }, () => {
  it('is set up, reads both families of variables, and is told that there are no transactions', limits, (t) =>
    use(t, async ({ host }) => {
      await using mount = await openVaultMount(host, { type: 'secret', name: 'bao' });
      assert.equal(mount.reportedVersion, 'v2.0.1');
      const { environment, ...about } = (await mount.read('about'))?.data ?? {};
      assert.deepEqual(about, {
        in_setup: 'transactional false, 0 keys, error <nil>, put cannot write to storage during setup',
        transactional: false,
        mlock: false,
        default_ttl: '768h0m0s',
      });
      for (const family of ['VAULT', 'BAO'])
        assert.ok((environment as string[]).includes(`${family}_PLUGIN_AUTOMTLS_ENABLED=true`), family);
    }),
  );

  it('writes one entry after the other where it would have a transaction', limits, (t) =>
    use(t, async ({ host }) => {
      await using mount = await openVaultMount(host, { type: 'secret', name: 'bao' });
      await mount.write('transaction');
      assert.deepEqual(await mount.list('entry/tx'), ['1', '2']);
      for (const key of ['1', '2']) await mount.delete(`entry/tx/${key}`);
      await assert.rejects(mount.write('transaction', { fail: true }), {
        text: 'given up between two writes',
      });
      assert.deepEqual(await mount.list('entry/tx'), ['1'], 'nothing is taken back that was acknowledged');
    }),
  );

  it('gets the pages of a list, from any name on and of any length, also after it was killed', limits, (t) =>
    use(t, async ({ engine, host }) => {
      const storage = memoryStorage();
      await using mount = await openVaultMount(host, { type: 'secret', name: 'bao', storage });
      for (const key of ['b', 'a', 'd/1', 'c', 'é', 'd/2'])
        await mount.write(`entry/pages/${key}`, { value: key });
      const page = (after: string, limit: number) => mount.list('entry/pages', { after, limit });
      const all = ['a', 'b', 'c', 'd/', 'é'];
      assert.deepEqual(await page('', 0), all);
      assert.deepEqual(await page('', -1), all);
      assert.deepEqual(await page('', 2), ['a', 'b']);
      assert.deepEqual(await page('b', 2), ['c', 'd/']);
      assert.deepEqual(await page('bb', 1), ['c'], 'the name need not be there');
      assert.deepEqual(await page('d/', 100), ['é']);
      assert.deepEqual(await page('é', 2), []);
      await killPlugin(engine, mount);
      assert.deepEqual(await page('a', 1), ['b']);
      const scanned = await mount.request({ operation: 'scan', path: 'entry' });
      assert.deepEqual(
        (scanned?.data['keys'] as string[]).sort(),
        ['a', 'b', 'c', 'd/1', 'd/2', 'é'].map((key) => `pages/${key}`),
      );
    }),
  );
});

function use(t: TestContext, test: (given: Given) => Promise<void>): Promise<void> {
  assert.ok(cell !== undefined);
  return withPlugin(t, cell, { fixture: 'go-openbao-fixture', type: 'secret', name: 'bao' }, test);
}
