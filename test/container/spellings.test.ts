/** A launch works however its settings are spelt: real engines tell of them in words of their own. */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { launchPlugin } from '../../src/container/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake, loadFixture } from '../plugins/images.ts';

const engines = loadEngines();
if (engines.length === 0) it('launches', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services.filter(({ runtime }) => runtime !== 'crun')) {
    describe(`settings in other words, on ${testEngine.suite} ${testEngine.name} with ${runtime}`, () => {
      it('are what was asked for', { timeout: 120_000 }, async (t) => {
        await using engine = await connectEngine({ socketPath: socket });
        const image = await loadFixture(engine, 'node-kv');
        if (image.skipped !== undefined) {
          t.skip(image.skipped);
          return;
        }
        await using parent = await ownSocketParent(testEngine);
        const isLimited = engine.info.cpuCfsQuota;
        await using plugin = await launchPlugin(engine, {
          image: image.tag,
          handshake: fixtureHandshake,
          protocolVersions: [1],
          runtime,
          socketDirectory: `${parent.path}/`,
          seccomp: 'unconfined',
          workingDirectory: '/usr/../tmp//',
          capAdd: ['cap_net_raw', 'CAP_CHOWN'],
          tmpfs: [
            { path: '/data/', sizeBytes: 1_000_000 },
            { path: '/more//of/it', exec: true, mode: 0o700 },
          ],
          ulimits: [{ name: 'nofile', soft: 512, hard: 1024 }],
          ...(isLimited && { cpuNanos: 333_333_333, memoryBytes: (256 << 20) + 1 }),
        });
        const { config } = await engine.containers.inspect(plugin.id ?? '');
        assert.match(posix.normalize(config.workingDirectory), /^\/tmp\/?$/);
      });
    });
  }
}
