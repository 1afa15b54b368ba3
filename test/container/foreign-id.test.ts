/** An engine, or what is before it, that answers a creation with an id which is not the new container's. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { hostLabels, PluginHost } from '../../src/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';

const engines = loadEngines().filter(({ suite, rootless }) => suite === 'host' && !rootless);
const skip = noBusybox ?? noEngines;
if (noBusybox !== undefined || engines.length === 0) it('is not believed', { skip }, () => undefined);

for (const { name, services, shareDirectory } of noBusybox === undefined ? engines : []) {
  const [service] = services;
  if (service === undefined) continue;
  it(
    `removes the container that was made, and not the one whose id was answered, on ${name}`,
    { timeout: 120_000 },
    async () => {
      await using engine = await connectEngine({ socketPath: service.socket });
      await ensureTestImage(engine);
      const bystander = await engine.containers.create({
        ...{ image: testImage, network: 'none', cmd: ['/bin/sh', '-c', 'sleep 600'] },
        ulimits: [{ name: 'nofile', soft: 1024, hard: 1024 }],
      });
      try {
        await engine.containers.start(bystander.id);
        await using parent = await ownSocketParent({ shareDirectory });
        await using proxy = await startFaultProxy({ target: service.socket });
        await using host = await PluginHost.open({
          socketPath: proxy.socketPath,
          runtime: service.runtime,
          socketDirectory: parent.path,
        });
        for (const id of [bystander.id, 'f'.repeat(64)]) {
          const edit = (json: unknown) => ({ ...(json as object), Id: id });
          proxy.fault = ({ target }) =>
            target.includes('/containers/create') ? { kind: 'edit', edit } : { kind: 'none' };
          const handshake = { magicCookieKey: 'A', magicCookieValue: 'b' };
          await assert.rejects(
            host.start({ image: testImage, handshake, protocolVersions: [1], startTimeoutMs: 20_000 }),
            ({ code }: { code: string }) =>
              code === (id === bystander.id ? 'ATTESTATION_FAILED' : 'ENGINE_NOT_FOUND'),
          );
          const filters = { label: [`${hostLabels.hostId}=${host.id}`] };
          assert.deepEqual(await engine.containers.list({ all: true, filters }), []);
          assert.equal((await engine.containers.inspect(bystander.id)).state.running, true);
        }
      } finally {
        await engine.containers.remove(bystander.id, { force: true });
      }
    },
  );
}
