/** Whoever runs a plugin may have a hand in how the host's unix sockets are made. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  service,
  startPlugin,
  subprocessRunner,
  type MakeSocket,
  type Plugin,
  type UnaryCall,
} from '../../src/goplugin/index.ts';
import { kv, probe } from './fixtures/protos.ts';
import { handshake, leavingNothing, pluginArgs, type Scratch } from './fixtures/start.ts';

interface Visitor {
  echo: UnaryCall<{ text?: string }, { text: string }>;
  offer: UnaryCall<object, { value: string }>;
  visit: UnaryCall<{ value: number }, { text: string }>;
}

function start(
  { work, directory }: Scratch,
  makeSocket: MakeSocket,
  brokerMultiplex = false,
): Promise<Plugin> {
  const make = subprocessRunner({
    command: process.execPath,
    args: pluginArgs,
    cwd: work,
    temporaryDirectory: directory,
  });
  return startPlugin({
    handshake,
    protocolVersions: [1],
    brokerMultiplex,
    createRunner: async (environment, options) =>
      Object.assign(await make(environment, options), { makeSocket }),
  });
}

function listed(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}

async function callsBothWays(plugin: Plugin): Promise<void> {
  const client = plugin.client<Visitor>(await probe());
  const ours = service(await kv(), { get: () => ({ value: Buffer.from('from the host') }) });
  await using offer = await plugin.broker.serve([ours]);
  assert.equal((await client.visit({ value: offer.id })).text, 'from the host');
  const { value: id } = await client.offer({});
  await using theirs = await plugin.broker.dial(Number(id));
  await theirs.client<Visitor>(await probe()).echo({ text: 'a' });
}

describe('the sockets of a host', { timeout: 120_000 }, () => {
  it('are made one at a time, each within the turn in which its maker is asked', async (t) => {
    await leavingNothing(t, async (scratch) => {
      const made: string[] = [];
      let open = 0;
      const makeSocket: MakeSocket = (purpose, make) => {
        assert.equal(open, 0);
        open += 1;
        try {
          return make();
        } finally {
          open -= 1;
          made.push(purpose);
        }
      };
      await using plugin = await start(scratch, makeSocket);
      await callsBothWays(plugin);
      assert.deepEqual(made, ['connect', 'listen', 'connect']);
      await plugin.stop();
    });
  });

  it('are one where brokered connections travel in the main one', async (t) => {
    await leavingNothing(t, async (scratch) => {
      const made: string[] = [];
      const makeSocket: MakeSocket = (purpose, make) => {
        made.push(purpose);
        return make();
      };
      await using plugin = await start(scratch, makeSocket, true);
      await callsBothWays(plugin);
      assert.deepEqual(made, ['connect']);
      await plugin.stop();
    });
  });

  it('exist, bound, before their maker returns, so that nothing else is made meanwhile', async (t) => {
    await leavingNothing(t, async (scratch) => {
      let path: string | undefined;
      const makeSocket: MakeSocket = (purpose, make) => {
        if (purpose === 'connect') return make();
        const before = new Set(listed(scratch.directory));
        const result = make();
        path = listed(scratch.directory).find((file) => !before.has(file));
        return result;
      };
      await using plugin = await start(scratch, makeSocket);
      await callsBothWays(plugin);
      assert.ok(path !== undefined && !existsSync(path), 'it was there then, and is gone now');
      await plugin.stop();
    });
  });

  it('that can not be made end the offer with a typed error, and leave the plugin alone', async (t) => {
    await leavingNothing(t, async (scratch) => {
      const makeSocket: MakeSocket = (purpose, make) => {
        if (purpose === 'listen')
          throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
        return make();
      };
      await using plugin = await start(scratch, makeSocket);
      const ours = service(await kv(), { get: () => ({ value: Buffer.from('') }) });
      await assert.rejects(plugin.broker.serve([ours]), {
        code: 'BROKER_LISTEN_FAILED',
        hint: /brokerMultiplex.*setsockcreate/,
      });
      await plugin.health();
      await plugin.stop();
    });
  });
});
