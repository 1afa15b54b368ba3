/** A plugin that puts links in the place of the host's sockets, and leaves what is hard to remove. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { service } from '../../src/goplugin/index.ts';
import { loadProto, PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { inTurn } from '../engines/in-turn.ts';
import { leftovers } from '../host/leftovers.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import { layDecoy } from './decoy.ts';
import { loadTrespasser, trespasserService, type Trespasser } from './trespasser.ts';

const engines = loadEngines();
const limits = { timeout: 300_000 };
const isRoot = process.geteuid?.() === 0;
/** Each is a socket of the host's that the plugin tries to exchange. */
const sockets = Number(process.env['BULKHEAD_TEST_SOCKETS'] ?? 100);

const { 'proto.AddHelper': addHelper } = await loadProto('test/plugins/proto/counter.proto');
assert.ok(addHelper);
const helper = service(addHelper, { sum: () => ({ r: 0 }) });

if (engines.length === 0) it('keeps links from leading anywhere', { skip: noEngines }, () => undefined);

for (const [number, testEngine] of engines.entries()) {
  const services = testEngine.services.filter((each) => each.runtime !== 'crun');
  for (const [place, { runtime, socket }] of services.entries()) {
    describe(`${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      for (const user of inTurn(['0:0', '1000:1000'], number + place)) {
        it(
          `changes no file that user ${user} of a container links to in the place of a socket, and removes what it leaves`,
          { ...limits, skip: isRoot ? false : 'only root can make a socket directory for any engine' },
          async (t) => {
            await using engine = await connectEngine({ socketPath: socket });
            const image = await loadTrespasser(t, engine);
            if (image === undefined) return;
            await using parent = await ownSocketParent(testEngine);
            await using decoy = await layDecoy(testEngine.shareDirectory);
            const before = await decoy.snapshot();
            const host = await PluginHost.open({ socketPath: socket, runtime, socketDirectory: parent.path });
            try {
              const plugin = await host.start({
                image,
                user,
                handshake: fixtureHandshake,
                protocolVersions: [1],
                tmpfs: [{ path: '/tmp' }],
              });
              const client = plugin.client<Trespasser>(trespasserService);
              await client.Put({ key: 'litter', value: Buffer.from(decoy.path) });
              await client.Put({ key: 'swap', value: Buffer.from(decoy.victim) });
              for (let made = 0; made < sockets; made += 1) {
                await using _offer = await plugin.broker.serve([helper]);
                assert.deepEqual(await decoy.snapshot(), before, `after ${made + 1} sockets`);
              }
            } finally {
              await host.close();
            }
            assert.deepEqual(await decoy.snapshot(), before);
            assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
          },
        );
      }
    });
  }
}
