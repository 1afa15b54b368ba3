/** The contract of storages for Vault's plugins, as tests for `node --test`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkArgument, callback, filledText } from '../settings/option-shape.ts';
import type { VaultStorage } from '../vault/index.ts';

export interface VaultStorageUnderTest extends AsyncDisposable {
  /** Empty at the beginning of each test. */
  readonly storage: VaultStorage;
  /** Opens the same entries anew, as after a restart; absent for a storage that ends with its process. */
  readonly reopen?: (() => Promise<VaultStorage>) | undefined;
}

const bytes = (text: string): Buffer => Buffer.from(text);
const entry = (text: string) => ({ value: bytes(text) });
const keyInvalid = { code: 'VAULT_STORAGE_KEY_INVALID' };

/**
 * Declares the tests that every VaultStorage has to pass.
 *
 * ```ts
 * vaultStorageTests('our database', async () => ({ storage: await open(), [Symbol.asyncDispose]: cleanUp }));
 * ```
 */
export function vaultStorageTests(name: string, open: () => Promise<VaultStorageUnderTest>): void {
  checkArgument('vaultStorageTests', 'name', filledText, name);
  checkArgument('vaultStorageTests', 'open', callback, open);
  void describe(`the contract of storages: ${name}`, { timeout: 120_000 }, () => {
    const test = (title: string, work: (under: VaultStorageUnderTest) => Promise<void>): void => {
      void it(title, async () => {
        await using under = await open();
        await work(under);
      });
    };
    entries(test);
    lists(test);
    keys(test);
    concurrency(test);
    void it('keeps what was put for whoever opens it next', async (t) => {
      await using under = await open();
      if (under.reopen === undefined) {
        t.skip('this storage ends with its process');
        return;
      }
      await under.storage.put('a/b', entry('kept'));
      await under.storage.put('a/gone', entry('x'));
      await under.storage.delete('a/gone');
      const again = await under.reopen();
      assert.equal(String((await again.get('a/b'))?.value), 'kept');
      assert.deepEqual(await again.list('a/'), ['b']);
    });
  });
}

type Declare = (title: string, work: (under: VaultStorageUnderTest) => Promise<void>) => void;

function entries(test: Declare): void {
  test('gives back what was put last, and nothing where nothing is', async ({ storage }) => {
    assert.equal(await storage.get('a/b'), undefined);
    await storage.put('a/b', entry('one'));
    await storage.put('a/b', { value: bytes('two'), sealWrap: true });
    const found = await storage.get('a/b');
    assert.equal(String(found?.value), 'two');
    assert.equal(found?.sealWrap, true);
    assert.equal(await storage.get('a'), undefined);
    assert.equal(await storage.get('a/b/c'), undefined);
    await storage.put('a/b', entry('three'));
    assert.notEqual((await storage.get('a/b'))?.sealWrap, true);
  });

  test('keeps any bytes, none at all, and 32 MiB', async ({ storage }) => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const large = Buffer.alloc(32 * 1024 * 1024, 'large');
    for (const [key, value] of [
      ['all', all],
      ['none', Buffer.alloc(0)],
      ['large', large],
    ] as const) {
      await storage.put(key, { value });
      const found = await storage.get(key);
      assert.ok(found !== undefined && Buffer.compare(found.value, value) === 0, key);
    }
  });

  test('shares no bytes with its callers', async ({ storage }) => {
    const value = bytes('one');
    await storage.put('a', { value });
    value.fill('x');
    const found = await storage.get('a');
    found?.value.fill(0x79);
    assert.equal(String((await storage.get('a'))?.value), 'one');
  });

  test('deletes, also what is not there', async ({ storage }) => {
    await storage.put('a/b', entry('x'));
    await storage.delete('a/b');
    await storage.delete('a/b');
    await storage.delete('never/was');
    assert.equal(await storage.get('a/b'), undefined);
  });
}

function lists(test: Declare): void {
  test('lists what is directly below a prefix, sorted by bytes, folders with a slash', async ({
    storage,
  }) => {
    for (const key of ['a/c', 'a/b/1', 'a/b/2/3', 'a/b', 'a/B', 'a/\u{1F600}', 'a/\uFF5E', 'ab', 'z'])
      await storage.put(key, entry('x'));
    assert.deepEqual(await storage.list(''), ['a/', 'ab', 'z']);
    assert.deepEqual(await storage.list('a/'), ['B', 'b', 'b/', 'c', '\uFF5E', '\u{1F600}']);
    assert.deepEqual(await storage.list('a/b/'), ['1', '2/']);
    assert.deepEqual(await storage.list('none/'), []);
  });

  test('takes a prefix without a slash for the begin of keys', async ({ storage }) => {
    for (const key of ['foo/bar', 'foo/baz/1', 'foo/qux', 'fool']) await storage.put(key, entry('x'));
    assert.deepEqual(await storage.list('foo/ba'), ['r', 'z/']);
    assert.deepEqual(await storage.list('fo'), ['o/', 'ol']);
  });

  test('lists no folder in which nothing is left', async ({ storage }) => {
    await storage.put('a/b/c', entry('x'));
    await storage.put('a/d', entry('x'));
    await storage.delete('a/b/c');
    assert.deepEqual(await storage.list('a/'), ['d']);
    await storage.delete('a/d');
    assert.deepEqual(await storage.list(''), []);
  });
}

function keys(test: Declare): void {
  test('takes any text as part of a key, and keeps keys apart', async ({ storage }) => {
    const names = [
      'a b',
      'A',
      'a',
      'ä',
      'a%2Fb',
      '...',
      '..a',
      'a..',
      '-x',
      '.x',
      '\n',
      '"',
      'x'.repeat(500),
    ];
    for (const name of names) await storage.put(`names/${name}`, entry(name));
    for (const name of names) await storage.put(`names/${name}/below`, entry(`${name} below`));
    for (const name of names) {
      assert.equal(String((await storage.get(`names/${name}`))?.value), name);
      assert.equal(String((await storage.get(`names/${name}/below`))?.value), `${name} below`);
    }
    const found = await storage.list('names/');
    assert.deepEqual(
      found,
      [...found].sort((a, b) => Buffer.compare(bytes(a), bytes(b))),
    );
    assert.deepEqual(new Set(found), new Set(names.flatMap((name) => [name, `${name}/`])));
  });

  test('takes keys that end with a slash, and empty parts', async ({ storage }) => {
    await storage.put('a/', entry('ends with a slash'));
    await storage.put('a//b', entry('has an empty part'));
    assert.equal(String((await storage.get('a/'))?.value), 'ends with a slash');
    assert.equal(String((await storage.get('a//b'))?.value), 'has an empty part');
    assert.equal(await storage.get('a'), undefined);
    assert.equal(await storage.get('a/b'), undefined);
    assert.deepEqual(await storage.list('a/'), ['', '/']);
    await storage.delete('a/');
    await storage.delete('a//b');
    assert.deepEqual(await storage.list(''), []);
  });

  for (const key of ['', '..', '.', '../a', 'a/../b', 'a/..', './a', 'a/./b', 'a\0b']) {
    test(`refuses the key ${JSON.stringify(key)}`, async ({ storage }) => {
      await assert.rejects(storage.put(key, entry('x')), keyInvalid);
      await assert.rejects(storage.get(key), keyInvalid);
      await assert.rejects(storage.delete(key), keyInvalid);
      if (key !== '') await assert.rejects(storage.list(key), keyInvalid);
      assert.deepEqual(await storage.list(''), []);
    });
  }
}

function concurrency(test: Declare): void {
  test('takes many writes at once, each of which is whole', async ({ storage }) => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    await Promise.all(
      numbers.map((number) => storage.put(`many/${number % 10}/${number}`, entry(`${number}`))),
    );
    await Promise.all(numbers.map((number) => storage.put('one', entry(`${number}`.repeat(1000)))));
    for (const number of numbers)
      assert.equal(String((await storage.get(`many/${number % 10}/${number}`))?.value), `${number}`);
    const one = String((await storage.get('one'))?.value);
    assert.equal(one, one.slice(0, one.length / 1000).repeat(1000));
  });

  test('loses no write to a delete beside it', async ({ storage }) => {
    for (let round = 0; round < 50; round += 1) {
      await storage.put('folder/below/other', entry('x'));
      await Promise.all([
        storage.delete('folder/below/other'),
        storage.put('folder/below/kept', entry(`${round}`)),
      ]);
      assert.equal(String((await storage.get('folder/below/kept'))?.value), `${round}`);
      assert.deepEqual(await storage.list('folder/below/'), ['kept']);
      await storage.delete('folder/below/kept');
    }
    assert.deepEqual(await storage.list(''), []);
  });

  test('does nothing when its signal is aborted', async ({ storage }) => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(storage.put('a', entry('x'), { signal }), reason);
    assert.equal(await storage.get('a'), undefined);
  });
}
