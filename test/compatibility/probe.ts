/** How the fixture plugin `go-prober` is started in a cell, and what is done with it. */
import assert from 'node:assert/strict';
import type { MatrixLaunch } from '../../src/matrix/index.ts';
import type { MatrixCell } from '../../src/compatibility/index.ts';
import { loadProto, service, type Plugin } from '../../src/goplugin/index.ts';
import { fixtureHandshake } from '../plugins/images.ts';

interface Counter {
  put(
    request: { add_server: number; key: string; value: number },
    options: { signal: AbortSignal },
  ): Promise<unknown>;
  get(request: { key: string }, options: { signal: AbortSignal }): Promise<{ value: string }>;
}

export function probeLaunch(socketDirectory: string, { mlock }: Pick<MatrixCell, 'mlock'>): MatrixLaunch {
  return {
    handshake: fixtureHandshake,
    protocolVersions: [1],
    args: mlock ? ['mlock'] : [],
    socketDirectory,
    labels: { 'io.bulkhead.test': socketDirectory },
  };
}

const definitions = loadProto('test/plugins/proto/counter.proto');

/** The plugin is called, calls back through the broker, and answers. */
export async function probe(plugin: Plugin, { signal }: { signal: AbortSignal }): Promise<void> {
  const { 'proto.Counter': definition, 'proto.AddHelper': helper } = await definitions;
  assert.ok(definition && helper);
  const counter = plugin.client<Counter>(definition);
  const addHelper = service(helper, {
    sum: ({ a, b }: { a: string; b: string }) => ({ r: String(BigInt(a) + BigInt(b)) }),
  });
  await using adder = await plugin.broker.serve([addHelper]);
  await counter.put({ add_server: adder.id, key: 'answer', value: 42 }, { signal });
  assert.equal((await counter.get({ key: 'answer' }, { signal })).value, '42');
}
