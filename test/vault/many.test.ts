/**
 * Many writes and reads: the count is right, and memory stays bounded. BULKHEAD_VAULT_WRITES says how many; 100000 take
 * some minutes.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { memoryStorage, openFileStorage, openVaultMount, type VaultStorage } from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { oneCell, withPlugin } from './mounted.ts';

const count = Number(process.env['BULKHEAD_VAULT_WRITES'] ?? 1000);
const atOnce = 16;
const cell = oneCell();
const plugin = { fixture: 'go-vault-secrets-kv', type: 'secret', name: 'kv' } as const;
/** What a host may take for each entry that it keeps in memory, and beside. */
const mostBytes = 200 * 1024 * 1024 + count * 2048;

for (const [where, open] of [
  ['in memory', () => Promise.resolve(inMemory())],
  ['on disk', onDisk],
] as const) {
  it(
    `writes and reads ${count} secrets ${where}`,
    { timeout: 3_600_000, skip: cell === undefined && noEngines },
    (t) => {
      assert.ok(cell !== undefined);
      return withPlugin(t, cell, plugin, async ({ host }) => {
        await using kept = await open();
        await using kv = await openVaultMount(host, { type: 'secret', name: 'kv', storage: kept.storage });
        const before = process.memoryUsage().rss;
        await inTurns((number) => kv.write(`folder${number % 50}/${number}`, { number }));
        await inTurns(async (number) => {
          const answer = await kv.read(`folder${number % 50}/${number}`);
          assert.equal(answer?.data['number'], number);
        });
        let found = 0;
        for (const folder of await kv.list('')) found += (await kv.list(folder)).length;
        assert.equal(found, count);
        assert.deepEqual(await kv.leases(), []);
        assert.ok(process.memoryUsage().rss - before < mostBytes);
      });
    },
  );
}

async function inTurns(work: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

interface Kept extends AsyncDisposable {
  readonly storage: VaultStorage;
}

function inMemory(): Kept {
  return { storage: memoryStorage(), [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function onDisk(): Promise<Kept> {
  const path = await mkdtemp(join(tmpdir(), 'bulkhead-many-'));
  const storage = await openFileStorage(path, { key: randomBytes(32) });
  return {
    storage,
    async [Symbol.asyncDispose]() {
      await storage.close();
      await rm(path, { recursive: true });
    },
  };
}
