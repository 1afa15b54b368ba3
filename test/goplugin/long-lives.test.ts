/** Much of everything: messages, many launches, many at once, and what this process holds afterwards. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { everything } from '../everything.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { goProgram } from './fixtures/go-host.ts';
import { probeClient } from './fixtures/probe-client.ts';
import { leavingNothing } from './fixtures/start.ts';
import { held } from './fixtures/held.ts';

const limits = { timeout: 600_000 };
/** `GOPLUGIN_LAUNCHES=2000` for a long night. */
const launches = Number(process.env['GOPLUGIN_LAUNCHES'] ?? (everything ? 200 : 80));
const messages = everything ? 1_000_000 : 250_000;
const quarter = messages / 4;

test('receives very many messages in bounded memory, however slowly they are taken', limits, async (t) => {
  await withGoProbe(t, async (command) => {
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(command);
      const client = await probeClient(plugin);
      const grown = watchHeap();
      let [count, last] = [0, 0];
      for await (const { value } of client.count({ value: messages })) {
        count += 1;
        last = Number(value);
        // Now and then the reader does something else, and the plugin is held up.
        if (count % 50_000 === 0) await new Promise(setImmediate);
      }
      assert.deepEqual([count, last], [messages, messages]);
      assert.ok(grown() < 100 * 1024 * 1024, `grew by ${grown()} bytes`);
    });
  });
});

test('sends very many messages in bounded memory', limits, async (t) => {
  await withGoProbe(t, async (command) => {
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(command);
      const client = await probeClient(plugin);
      const grown = watchHeap();
      const ones = function* () {
        for (let sent = 0; sent < quarter; sent += 1) yield { value: 1 };
      };
      assert.equal((await client.sum(ones())).value, String(quarter));
      assert.ok(grown() < 100 * 1024 * 1024, `grew by ${grown()} bytes`);
    });
  });
});

test('holds a stream that nobody reads without letting it grow', limits, async (t) => {
  await withGoProbe(t, async (command) => {
    await leavingNothing(t, async ({ start }) => {
      await using plugin = await start(command);
      const client = await probeClient(plugin);
      const stream = client.count({ value: 1_000_000_000 })[Symbol.asyncIterator]();
      await stream.next();
      const grown = watchHeap();
      // Meanwhile other calls go on: what is not read is the sender's to keep.
      for (let round = 0; round < 500; round += 1) await client.echo({ text: 'meanwhile' });
      assert.ok(grown() < 50 * 1024 * 1024, `grew by ${grown()} bytes`);
      await stream.return?.();
    });
  });
});

test(
  `${launches} plugins one after another, and ten at a time, leave nothing in this process`,
  limits,
  async (t) => {
    await withGoProbe(t, async (command) => {
      await leavingNothing(t, async ({ start }) => {
        const life = async (autoMtls: boolean): Promise<void> => {
          await using plugin = await start(command, [], { autoMtls });
          await (await probeClient(plugin)).echo({ text: 'alive' });
        };
        for (const autoMtls of [true, false]) await life(autoMtls);
        const before = await held();
        for (let round = 0; round < launches; round += 10) {
          for (let index = 0; index < 5; index += 1) await life(index % 2 === 0);
          await Promise.all(Array.from({ length: 5 }, (_, index) => life(index % 2 === 0)));
        }
        assert.deepEqual(await held(), before);
      });
    });
  },
);

test('two plugins with a client each, used at the same time, keep apart', limits, async (t) => {
  await withGoProbe(t, async (command) => {
    await leavingNothing(t, async ({ start }) => {
      await using one = await start(command);
      await using two = await start(command, [], { autoMtls: false });
      const clients = await Promise.all([probeClient(one), probeClient(two)]);
      await Promise.all(
        clients.flatMap((client, index) =>
          Array.from({ length: 500 }, async (_, call) => {
            const text = `${index} ${call}`;
            assert.equal((await client.echo({ text })).text, text);
          }),
        ),
      );
      process.kill(Number(one.id), 'SIGKILL');
      await one.exited;
      await assert.rejects(clients[0].echo({}), { code: 'PLUGIN_EXITED' });
      assert.equal((await clients[1].echo({ text: 'still there' })).text, 'still there');
    });
  });
});

async function withGoProbe(t: TestContext, use: (command: string) => Promise<void>): Promise<void> {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return;
  }
  await use(await goProgram('probe', new URL('go/probe', import.meta.url)));
}

/** The largest growth since, in bytes, of what this process holds: objects and buffers. */
function watchHeap(): () => number {
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, used())), 50);
  return () => {
    clearInterval(timer);
    return Math.max(most, used()) - before;
  };
}
