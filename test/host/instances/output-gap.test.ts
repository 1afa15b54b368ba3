/** The output and the end of a plugin that outlives the connection to its engine, or the engine itself. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { PluginHost } from '../../../src/index.ts';
import { startDockerDaemon, whyNoDockerDaemon } from '../../engines/docker-daemon.ts';
import { loadEngines, noEngines } from '../../engines/engines.ts';
import { containerOf, describeCells, nextEvent, only, openCell, type Cell, type KeyValue } from '../cell.ts';
import { engineSwitch } from '../engine-switch.ts';

const limits = { timeout: 180_000 };

/** A plugin that writes a line on its stderr with every call, and ends with the third. */
async function talkative(cell: Cell, host: PluginHost) {
  const launch = {
    image: cell.image,
    args: ['third'],
    handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
    protocolVersions: [1],
  };
  const mount = await host.mount({ launch });
  const kv = mount.client<KeyValue>(cell.definition);
  const id = mount.instance.id;
  const texts = (): string[] => host.logs(id).map(({ text }) => text);
  return {
    put: (key: string) => kv.put({ key, value: Buffer.from('v') }),
    texts,
    /** Resolves when the log has the line. */
    async line(text: string): Promise<void> {
      let stop: () => void = () => undefined;
      const came = new Promise<void>((resolve) => {
        stop = host.followLogs(id, (line) => {
          if (line.text.includes(text)) resolve();
        });
      });
      if (!texts().some((each) => each.includes(text))) await came;
      stop();
    },
  };
}

/** @param interrupt ends the connection to the engine, and restores it */
async function isReadAgain(cell: Cell, host: PluginHost, interrupt: () => Promise<void>): Promise<void> {
  const plugin = await talkative(cell, host);
  const container = containerOf(only(host));
  await plugin.put('before');
  await plugin.line('served before');
  const told = nextEvent('bulkhead:output-gap', ({ host: id }) => id === host.id);
  await interrupt();
  const { since, until, instance } = await told;
  assert.ok(since <= until);
  assert.equal(instance, only(host).id);
  assert.equal(containerOf(only(host)), container, 'the plugin lives on');
  assert.equal(plugin.texts().filter((text) => text.includes('may be missing')).length, 1);
  await plugin.put('after');
  await plugin.line('served after');
  const restarting = nextEvent('bulkhead:instance', ({ instance }) => instance.state.name === 'restarting');
  const ready = nextEvent('bulkhead:instance', ({ instance }) => instance.state.name === 'ready');
  await plugin.put('last').catch(() => undefined);
  await restarting;
  await ready;
  assert.equal(only(host).restarts, 1);
  assert.equal(only(host).lastEnd?.exit?.code, 7, 'its end was watched for again');
}

describeCells('a plugin whose connection to the engine is cut', (open, _, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await open();
  });
  after(() => cell[Symbol.asyncDispose]());

  itInTurn('is read again, and its log says what may be missing', limits, async () => {
    await using way = await engineSwitch(cell.socketPath);
    await cell.withHost({ socketPath: way.socketPath }, (host) =>
      isReadAgain(cell, host, async () => {
        await way.cut();
        await way.restore();
      }),
    );
  });

  itInTurn('tells of no gap when it ends by itself', limits, async () => {
    await cell.withHost({}, async (host) => {
      const plugin = await talkative(cell, host);
      const gaps: unknown[] = [];
      void nextEvent('bulkhead:output-gap', ({ host: id }) => id === host.id).then((gap) => gaps.push(gap));
      const ready = nextEvent(
        'bulkhead:instance',
        ({ instance, from }) =>
          instance.state.name === 'ready' && from.name !== 'ready' && instance.restarts === 1,
      );
      for (const key of ['a', 'b', 'c']) await plugin.put(key).catch(() => undefined);
      await ready;
      assert.deepEqual(gaps, []);
      assert.ok(!plugin.texts().some((text) => text.includes('may be missing')));
    });
  });
});

const why = (await whyNoDockerDaemon()) ?? (loadEngines().length === 0 ? noEngines : undefined);

describe('a Docker daemon that is restarted while its containers live on', { skip: why ?? false }, () => {
  it('has the output of its plugins read again, and their end watched', { timeout: 300_000 }, async () => {
    await using daemon = await startDockerDaemon({ liveRestore: true });
    const [engine] = loadEngines();
    assert.ok(engine);
    const cell = await openCell(engine, daemon.socketPath);
    try {
      await cell.withHost({}, (host) => isReadAgain(cell, host, () => daemon.restart()));
    } finally {
      await cell[Symbol.asyncDispose]();
    }
  });
});
