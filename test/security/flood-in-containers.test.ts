/**
 * The worst floods from a real container: under gVisor on rootful engines and runc on rootless ones, each flood on the next
 * engine. With `BULKHEAD_ATTACKS=all` each runs under both on every engine that is up.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { attacked, limited } from './fixtures/attacked.ts';
import { AttackerImage } from './fixtures/attacker-image.ts';

const engines = loadEngines();
const everything = process.env['BULKHEAD_ATTACKS'] === 'all';
const floods: readonly (readonly [attack: string, boundMiB: number, error: RegExp | undefined])[] = [
  ['broker-message', 300, /^BROKER_CLOSED: .*limit brokerMessageBytes/],
  ['answer-of-empty-messages', 450, /^PLUGIN_LIMIT: .*limit fieldsOfMessage/],
  ['multiplexed-knocks', 300, undefined],
  ['served-messages', 800, undefined],
];

if (engines.length === 0) it('floods from containers', { skip: noEngines }, () => undefined);

describe('a flood from a container leaves the host alive', () => {
  let image: AttackerImage | undefined;
  before(async () => {
    if (engines.length > 0) image = await AttackerImage.pack();
  });
  after(async () => {
    await image?.[Symbol.asyncDispose]();
  });
  for (const [place, testEngine] of engines.entries()) {
    const usual = testEngine.rootless ? 'runc' : 'runsc';
    for (const { runtime, socket } of testEngine.services.filter((each) =>
      everything ? each.runtime !== 'crun' : each.runtime === usual,
    )) {
      for (const [index, [attack, boundMiB, error]] of floods.entries()) {
        if (!everything && index % engines.length !== place) continue;
        it(`${attack} on ${testEngine.suite} ${testEngine.name} ${runtime}`, limited, async () => {
          await using engine = await connectEngine({ socketPath: socket });
          await using parent = await ownSocketParent(testEngine);
          const tag = await image?.load(engine);
          assert.ok(tag !== undefined);
          const { errors } = await attacked(attack, boundMiB, [tag, runtime, socket, parent.path]);
          if (error) assert.match(errors[0] ?? '', error);
          else assert.deepEqual(errors, []);
        });
      }
    }
  }
});
