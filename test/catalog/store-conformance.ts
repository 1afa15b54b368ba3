/** What every store of a catalog has to fulfil, as tests. A new store runs them with a way to open it anew. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CatalogStore } from '../../src/catalog/index.ts';

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: CatalogStore;
  /** The same documents, as another process would see them; absent for a store that is not shared. */
  readonly reopen?: (() => CatalogStore) | undefined;
}

export function testStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the contract of stores: ${name}`, { timeout: 30_000 }, () => {
    it('gives back what was put, and nothing where nothing was', async () => {
      await using under = await open();
      const { store } = under;
      assert.equal(await store.get(['plugins', 'secret', 'kv', 'v1.0.0']), undefined);
      await store.put(['plugins', 'secret', 'kv', 'v1.0.0'], 'one');
      await store.put(['plugins', 'secret', 'kv', 'v1.0.0'], 'two \u{1F600}\n');
      assert.equal(await store.get(['plugins', 'secret', 'kv', 'v1.0.0']), 'two \u{1F600}\n');
      assert.equal(await store.get(['plugins', 'secret']), undefined);
      if (under.reopen) {
        assert.equal(await under.reopen().get(['plugins', 'secret', 'kv', 'v1.0.0']), 'two \u{1F600}\n');
      }
    });

    it('takes any text as part of a key, and keeps keys apart', async () => {
      await using under = await open();
      const names = ['a/b', 'a', 'b', '..', '.', '.a', 'a%2Fb', 'ä ö', 'A', '\'"*?<>|:', '-x', 'kv.json'];
      for (const name of names) await under.store.put(['names', name], name);
      for (const name of names) assert.equal(await under.store.get(['names', name]), name);
      const { keys, strange } = await under.store.list(['names']);
      assert.deepEqual(keys.map((key) => key[1]).sort(), [...names].sort());
      assert.deepEqual(strange, []);
    });

    it('lists what lies below a prefix, at any depth, and nothing else', async () => {
      await using under = await open();
      const keys = [
        ['plugins', 'secret', 'kv', 'v1.0.0'],
        ['plugins', 'secret', 'kv', 'v2.0.0'],
        ['plugins', 'auth', 'jwt', 'v1.0.0'],
        ['runtimes', 'container', 'gvisor'],
      ];
      for (const key of keys) await under.store.put(key, 'x');
      const below = async (...prefix: string[]): Promise<string[]> =>
        (await under.store.list(prefix)).keys.map((key) => key.join(' ')).sort();
      assert.deepEqual(await below('plugins', 'secret'), [
        'plugins secret kv v1.0.0',
        'plugins secret kv v2.0.0',
      ]);
      assert.equal((await below('plugins')).length, 3);
      assert.equal((await below()).length, 4);
      assert.deepEqual(await below('pins'), []);
      assert.deepEqual(await below('plugins', 'auth', 'jwt', 'v1.0.0'), [], 'it is not below itself');
    });

    it('deletes once', async () => {
      await using under = await open();
      await under.store.put(['a', 'b'], 'x');
      assert.equal(await under.store.delete(['a', 'b']), true);
      assert.equal(await under.store.delete(['a', 'b']), false);
      assert.equal(await under.store.get(['a', 'b']), undefined);
      assert.deepEqual((await under.store.list([])).keys, []);
    });

    it('does one piece of work at a time, and passes on what the work says', async () => {
      await using under = await open();
      const stores = [under.store, under.reopen?.() ?? under.store];
      let atWork = 0;
      let most = 0;
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (stores[i % 2] ?? under.store).exclusively(async () => {
            atWork += 1;
            most = Math.max(most, atWork);
            const count = Number((await under.store.get(['count'])) ?? 0);
            await under.store.put(['count'], String(count + 1));
            atWork -= 1;
            return i;
          }),
        ),
      );
      assert.equal(most, 1);
      assert.equal(await under.store.get(['count']), '20');
      assert.deepEqual(
        results,
        Array.from({ length: 20 }, (_, i) => i),
      );
      const failure = new Error('the work failed');
      await assert.rejects(
        under.store.exclusively(() => Promise.reject(failure)),
        failure,
      );
      assert.equal(await under.store.exclusively(() => Promise.resolve('next')), 'next');
    });

    it('gives up waiting when told to, and rethrows the reason', async () => {
      await using under = await open();
      const reason = new Error('changed my mind');
      let letGo: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const holding = under.store.exclusively(() => gate);
      const abort = new AbortController();
      const waiting = (under.reopen?.() ?? under.store).exclusively(() => Promise.resolve(), {
        signal: abort.signal,
      });
      abort.abort(reason);
      await assert.rejects(waiting, reason);
      letGo();
      await holding;
      await assert.rejects(
        under.store.exclusively(() => Promise.resolve(), { signal: AbortSignal.abort(reason) }),
        reason,
      );
    });
  });
}
