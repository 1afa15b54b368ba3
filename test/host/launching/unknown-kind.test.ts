/** Which failures of a probe make a registration without a type try the next kind of plugin. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PluginCatalog, RuntimeCatalog } from '../../../src/catalog/index.ts';
import { memoryStore } from '../../../src/catalog/store/memory-store.ts';
import { BulkheadError, errorCodes, type ErrorCode } from '../../../src/errors.ts';
import { PluginRegistry } from '../../../src/host/launching/plugin-registry.ts';
import type { PluginKind } from '../../../src/kinds/index.ts';
import type { ResolvedPlugin } from '../../../src/host/resolved-plugin.ts';

const kind = (key: string): PluginKind => ({
  handshake: { magicCookieKey: key, magicCookieValue: 'x' },
  protocolVersions: [1],
  sharing: 'never',
});

async function probeFailingWith(code: ErrorCode): Promise<{ code: unknown; tried: number }> {
  let tried = 0;
  const store = memoryStore();
  const registry = new PluginRegistry(new PluginCatalog(store, new RuntimeCatalog(store)), {
    kinds: { one: kind('ONE'), two: kind('TWO') },
    resolve: () => Promise.resolve({} as ResolvedPlugin),
    start: () => {
      tried += 1;
      return Promise.reject(new BulkheadError(code, 'failed'));
    },
  });
  const error: unknown = await registry
    .register({ type: 'unknown', name: 'p', ociImage: 'localhost/p:1' })
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof BulkheadError);
  return { code: error.code, tried };
}

it('tries every kind where the plugin is to blame, and ends at the first failure of anything else', async () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const expected =
      errorCodes[code].blames === 'plugin' ? { code: 'PLUGIN_MISMATCH', tried: 2 } : { code, tried: 1 };
    assert.deepEqual(await probeFailingWith(code), expected, code);
  }
});
