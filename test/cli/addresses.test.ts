/** Where a running plugin can be reached is shown by `ps`. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectEngine, type NetworkEndpoint } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { runInProcess } from './in-process.ts';

const engines = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');
if (engines.length === 0) it('shows addresses', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  const runc = testEngine.services.find(({ runtime }) => runtime === 'runc');
  if (runc === undefined) continue;
  describe(`ps on ${testEngine.name}`, { timeout: 120_000 }, () => {
    it('shows the addresses of a plugin with a network, and none of one without', async (t) => {
      await using engine = await connectEngine({ socketPath: runc.socket });
      const image = await loadFixture(engine, 'node-vault-kv');
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      await using parent = await ownSocketParent(testEngine);
      const directory = await mkdtemp(join(tmpdir(), 'addresses-'));
      try {
        await using host = await PluginHost.open({
          directory,
          socketPath: runc.socket,
          socketDirectory: parent.path,
          runtime: 'runc',
          sweep: false,
        });
        const kv = { type: 'secret', name: 'kv', ociImage: image.tag };
        await host.plugins.register({ ...kv, network: 'bridge' }, { skipProbe: true });
        await host.plugins.register({ ...kv, name: 'alone' }, { skipProbe: true });
        await using _kv = await host.mount('secret', 'kv');
        await using _alone = await host.mount('secret', 'alone');
        const { stdout, stderr } = await runInProcess(['ps', '-format=json', `-engine=${runc.socket}`], {
          BULKHEAD_DIRECTORY: directory,
        });
        const shown = JSON.parse(stdout) as { name: string; addresses?: NetworkEndpoint[] }[];
        const addressesOf = (name: string) => shown.find((each) => each.name === name)?.addresses;
        assert.deepEqual(addressesOf('alone'), [], stderr);
        const [endpoint, ...others] = addressesOf('kv') ?? [];
        assert.deepEqual(others, []);
        assert.equal(endpoint?.network, testEngine.kind === 'docker' ? 'bridge' : 'podman');
        assert.match(endpoint.ipv4?.address ?? '', /^\d+\.\d+\.\d+\.\d+$/);
        assert.match(endpoint.ipv4?.gateway ?? '', /^\d+\.\d+\.\d+\.\d+$/);
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  });
}
