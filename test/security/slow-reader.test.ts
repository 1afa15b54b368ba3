/** A command that asks a host and then reads nothing: the host serves on, and keeps little for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { ControlAnswer, ControlRequest } from '../../src/host/control/messages.ts';
import { serveControl } from '../../src/host/control/serve-control.ts';
import type { PluginHost } from '../../src/host/index.ts';
import { PluginLog } from '../../src/host/instances/plugin-log.ts';
import { watchGrowth } from '../goplugin/fixtures/watch-growth.ts';

const limits = { timeout: 120_000 };
const mebibyte = 1024 * 1024;

test(
  'keeps a mebibyte for a reader of logs that stands still, and tells it what it missed',
  limits,
  async () => {
    const log = new PluginLog();
    await using control = await openControl({
      logs: () => log.lines(),
      followLogs: (_id: string, listener: Parameters<PluginLog['follow']>[0]) => log.follow(listener),
    });
    const line = Buffer.from(`${'x'.repeat(16 * 1024 - 1)}\n`);
    log.printed(1, { stream: 'stdout', data: line });
    const reader = await control.ask({ op: 'logs', instance: 'i', follow: true });
    await once(reader, 'readable'); // the host follows by now, and the reader reads nothing more
    const growth = watchGrowth();
    const written = 25_000;
    for (let at = 0; at < written; at += 1) {
      log.printed(1, { stream: 'stdout', data: line });
      if (at % 50 === 0) await new Promise(setImmediate);
    }
    const grown = growth();
    assert.ok(grown < 100 * mebibyte, `grew by ${Math.round(grown / mebibyte)} MiB`);

    let lines = 0;
    let leftOut = 0;
    for await (const text of createInterface({ input: reader })) {
      const answer = JSON.parse(text) as ControlAnswer;
      if ('line' in answer) lines += 1;
      if ('leftOut' in answer) leftOut += answer.leftOut;
      if (lines + leftOut >= written) break;
    }
    assert.ok(leftOut > written / 2 && lines > 10, `${lines} lines, ${leftOut} left out`);
  },
);

test('draws replies of a streaming call no faster than they are read', limits, async () => {
  let drawn = 0;
  const reply = { text: 'x'.repeat(64 * 1024) };
  const stream = async function* () {
    for (; drawn < 5_000; drawn += 1) yield await Promise.resolve(reply);
  };
  const definition = { Watch: { requestStream: false, responseStream: true } };
  await using control = await openControl({
    mounts: () => [
      {
        plugin: { type: 'secret', name: 'kv' },
        version: '',
        reflection: { service: () => Promise.resolve(definition) },
        client: () => ({ Watch: stream }),
      },
    ],
  });
  const reader = await control.ask({ op: 'call', type: 'secret', name: 'kv', path: 'a.B/Watch', json: '{}' });
  await once(reader, 'readable');
  for (let turn = 0; turn < 2_000; turn += 1) await new Promise(setImmediate);
  assert.ok(drawn < 200, `${drawn} replies were drawn for a reader that reads none`);
  let read = 0;
  for await (const text of createInterface({ input: reader })) if (text !== '') read += 1;
  assert.equal(read, 5_000);
});

/** A control socket of a host of which only these parts are there. */
async function openControl(host: object) {
  const directory = await mkdtemp(join(tmpdir(), 'control-'));
  const control = await serveControl(host as PluginHost, { directory, trustedOwners: [] });
  const [name = ''] = await readdir(join(directory, 'hosts'));
  const readers: Socket[] = [];
  return {
    async ask(request: ControlRequest): Promise<Socket> {
      const socket = connect(join(directory, 'hosts', name));
      readers.push(socket);
      await once(socket, 'connect');
      socket.write(`${JSON.stringify(request)}\n`);
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const reader of readers) reader.destroy();
      await control[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
