/** A plugin in a container calls its host back through the broker, in both modes, on the engines that are up, in turn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { service } from '../../src/goplugin/index.ts';
import { loadProto } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { fixtureHandshake, type FixtureName } from '../plugins/images.ts';
import { withFixture } from './with-fixture.ts';

const engines = loadEngines();
const limits = { timeout: 120_000 };

interface Counter {
  put(request: { add_server: number; key: string; value: number }): Promise<unknown>;
  get(request: { key: string }): Promise<{ value: string }>;
}

/** Those of every age that have a shared directory, and whether they multiplex. */
const ages: readonly {
  readonly image: FixtureName;
  readonly version: string;
  readonly modes: readonly boolean[];
}[] = [
  { image: 'go-example-counter', version: '1.8.0', modes: [true, false] },
  { image: 'go-counter-v1.7.0', version: '1.7.0', modes: [true, false] },
  { image: 'go-counter-v1.6.3', version: '1.6.3', modes: [true, false] },
  { image: 'go-counter-v1.5.2', version: '1.5.2', modes: [false] },
];

const { 'proto.Counter': counter, 'proto.AddHelper': addHelper } = await loadProto(
  'test/plugins/proto/counter.proto',
);
assert.ok(counter && addHelper);
const helper = service(addHelper, {
  sum: ({ a, b }: { a: string; b: string }) => ({ r: Number(a) + Number(b) }),
});

if (engines.length === 0) it('lets a plugin call back', { skip: noEngines }, () => undefined);

for (const [number, testEngine] of engines.entries()) {
  for (const { runtime, socket } of testEngine.services.filter((each) => each.runtime !== 'crun')) {
    describe(`${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      const itInTurn = testsInTurn(number, 2, limits);
      // Older ones differ in Go, not in the engine's runtime.
      for (const { image: fixture, version, modes } of runtime === 'runc' ? ages : ages.slice(0, 1)) {
        for (const brokerMultiplex of modes) {
          const inWhat = brokerMultiplex ? 'in one connection' : 'over sockets';
          itInTurn(`lets a plugin built with go-plugin ${version} call back ${inWhat}`, (t) =>
            withFixture(t, { testEngine, runtime, socket }, fixture, async ({ host, image }) => {
              const plugin = await host.start({
                image,
                handshake: fixtureHandshake,
                protocolVersions: [1],
                tmpfs: [{ path: '/tmp' }],
                brokerMultiplex,
              });
              assert.equal(plugin.handshake.multiplexing, brokerMultiplex);
              const client = plugin.client<Counter>(counter);
              for (const value of [20, 22]) {
                await using offer = await plugin.broker.serve([helper]);
                await client.put({ add_server: offer.id, key: 'total', value });
              }
              assert.equal((await client.get({ key: 'total' })).value, '42');
            }),
          );
        }
      }
    });
  }
}
