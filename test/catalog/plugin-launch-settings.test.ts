/** What a launch can be told besides its container, and a plugin that is registered too: memory locking, TLS, the broker. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  memoryStore,
  PluginCatalog,
  RuntimeCatalog,
  toPluginEntry,
  type PluginRegistration,
} from '../../src/catalog/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { PluginHost } from '../../src/host/index.ts';
import { runInProcess } from '../cli/in-process.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';

const kv: PluginRegistration = { type: 'secret', name: 'kv', ociImage: 'localhost/kv:1' };
const told = { mlock: true, autoMtls: false, brokerMultiplex: true };

describe('how a plugin is launched', () => {
  it('is kept with it under the names of the catalog, and only where it was told', async () => {
    const store = memoryStore();
    const catalog = new PluginCatalog(store, new RuntimeCatalog(store));
    const entry = toPluginEntry({ ...kv, ...told });
    await catalog.put(entry);
    assert.deepEqual(await catalog.resolve('secret', 'kv'), entry);
    const { mlock, autoMtls, brokerMultiplex } = await catalog.info('secret', 'kv');
    assert.deepEqual({ mlock, autoMtls, brokerMultiplex }, told);
    for (const name of Object.keys(told)) assert.ok(!(name in toPluginEntry(kv)), name);
    for (const name of Object.keys(told))
      assert.throws(() => toPluginEntry({ ...kv, [name]: 'yes' }), InvalidOptionError);
  });

  it('is told with flags of plugin register, and shown by plugin info', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'told-'));
    const run = (...args: readonly string[]) => runInProcess(args, { BULKHEAD_DIRECTORY: directory });
    const fields = async (...flags: readonly string[]) => {
      const image = '-oci_image=localhost/kv:1';
      const registered = await run('plugin', 'register', '-skip_probe', image, ...flags, 'secret', 'kv');
      assert.equal(registered.status, 0, registered.stderr);
      const { stdout } = await run('plugin', 'info', '-format=json', 'secret', 'kv');
      const shown = JSON.parse(stdout) as Record<string, unknown>;
      return [shown['memory_lock'], shown['auto_mtls'], shown['broker_multiplex']];
    };
    try {
      assert.deepEqual(await fields('-mlock', '-no_mtls', '-broker_multiplex'), [true, false, true]);
      assert.deepEqual(await fields('-memory_lock=false'), [false, undefined, undefined]);
      assert.deepEqual(await fields(), [undefined, undefined, undefined]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

const [testEngine] = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');

describe(
  'a plugin that is registered so',
  { timeout: 120_000, skip: testEngine === undefined && noEngines },
  () => {
    it('is launched so, whatever its plugin runtime says', async (t) => {
      assert.ok(testEngine);
      const socketPath = testEngine.services.find(({ runtime }) => runtime === 'runc')?.socket;
      await using parent = await ownSocketParent(testEngine);
      await using engine = await connectEngine({ socketPath });
      const image = await loadFixture(engine, 'node-vault-kv');
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      await using host = await PluginHost.open({ socketPath, socketDirectory: parent.path });
      await host.runtimes.register({ type: 'container', name: 'locking', ociRuntime: 'runc', mlock: true });
      const register = (name: string, more: Partial<PluginRegistration>) =>
        host.plugins.register(
          { type: 'secret', name, ociImage: image.tag, runtime: 'locking', ...more },
          { skipProbe: true },
        );
      await register('runtime', {});
      await register('own', { mlock: false, autoMtls: false });
      assert.equal((await host.check('secret', 'runtime')).cell.mlock, true);
      assert.equal((await host.check('secret', 'own')).cell.mlock, false);
      await using plugin = await host.start('secret', 'own');
      assert.equal(plugin.handshake.tls, false);
    });
  },
);
