/** What is not freed grows: many lives of plugins in one process, and what they leave in it. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { service, type Plugin } from '../../src/goplugin/index.ts';
import { goExample, needsGo } from '../plugins/go-programs.ts';
import { addHelper, counter, type CounterClient } from './fixtures/protos.ts';
import { leavingNothing } from './fixtures/start.ts';
import { held } from './fixtures/held.ts';

const limits = { timeout: 120_000 };
const counterService = await counter();
const helperService = await addHelper();

test('forty plugins one after another leave no file descriptor and no listener', limits, async (t) => {
  if (!needsGo(t)) return;
  const command = await goExample('counter');
  await leavingNothing(t, async ({ start }) => {
    const life = async (): Promise<void> => {
      await using plugin = await start(command);
      await callBack(plugin);
    };
    await life(); // what is loaded once is there from now on
    const before = await held();
    for (let round = 0; round < 40; round += 1) await life();
    assert.deepEqual(await held(), before);
  });
});

test('forty starts that fail leave nothing either', limits, async (t) => {
  await leavingNothing(t, async ({ startScript }) => {
    const scripts = ['exit 3', 'echo garbage', "echo '1|1|unix|/nowhere/at/all|grpc|'; sleep 1000"];
    const fail = async (index: number): Promise<void> => {
      const script = scripts[index % scripts.length] ?? '';
      await assert.rejects(startScript(script, { autoMtls: false }));
    };
    for (const index of scripts.keys()) await fail(index);
    const before = await held();
    for (let round = 0; round < 40; round += 1) await fail(round);
    assert.deepEqual(await held(), before);
  });
});

for (const brokerMultiplex of [true, false]) {
  const inWhat = brokerMultiplex ? 'in one connection' : 'over sockets';

  test(`five hundred brokered services of one plugin leave nothing open, ${inWhat}`, limits, async (t) => {
    if (!needsGo(t)) return;
    const command = await goExample('counter');
    await leavingNothing(t, async ({ start, directory }) => {
      await using plugin = await start(command, [], { brokerMultiplex });
      await callBack(plugin);
      const before = await held();
      for (let round = 0; round < 500; round += 1) await callBack(plugin);
      assert.deepEqual(await held(), before);
      const [own] = await readdir(directory);
      assert.equal((await readdir(`${directory}/${own ?? ''}`)).length, 1, "only the plugin's own socket");
    });
  });
}

async function callBack(plugin: Plugin): Promise<void> {
  const client = plugin.client<CounterClient>(counterService);
  const helper = service(helperService, {
    sum: ({ a, b }: { a: string; b: string }) => ({ r: Number(a) + Number(b) }),
  });
  await using offer = await plugin.broker.serve([helper]);
  await client.put({ add_server: offer.id, key: 'n', value: 1 });
}
