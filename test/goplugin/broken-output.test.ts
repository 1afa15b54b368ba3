/** The output of a plugin breaks on its way here before the handshake, while the plugin goes on. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { BulkheadError } from '../../src/index.ts';
import { startPlugin, type PluginExit, type PluginRunner } from '../../src/goplugin/index.ts';
import { handshake } from './fixtures/start.ts';

const limits = { timeout: 30_000 };

function startWith(stdout: AsyncIterable<Uint8Array>, exit: Promise<PluginExit>) {
  const runner = {
    name: 'broken',
    id: undefined,
    socketDirectory: undefined,
    stdout,
    stderr: Readable.from([]),
    start: () => Promise.resolve(),
    wait: () => exit,
    kill: () => Promise.resolve(),
    diagnose: () => Promise.resolve({ facts: [] }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as PluginRunner;
  const createRunner = () => Promise.resolve(runner);
  return startPlugin({ createRunner, handshake, protocolVersions: [1] });
}

const broken = new BulkheadError('ENGINE_PROTOCOL', 'the output has no frames');

function breaking(): AsyncIterable<Uint8Array> {
  return Readable.from(
    (function* () {
      yield Buffer.from('1|1|unix');
      throw broken;
    })(),
  );
}

it('and what broke it is told, not that the plugin closed its stdout', limits, async () => {
  const running = new Promise<PluginExit>(() => undefined);
  await assert.rejects(startWith(Readable.from([]), running), { code: 'PLUGIN_NO_HANDSHAKE' });
  await assert.rejects(
    startWith(
      Readable.from(
        (function* () {
          throw broken;
          yield Buffer.of();
        })(),
      ),
      running,
    ),
    (error) => error === broken,
  );
});

it('and the half of a handshake that came before is not read as a whole one', limits, async () => {
  const running = new Promise<PluginExit>(() => undefined);
  await assert.rejects(startWith(breaking(), running), (error) => error === broken);
});

it('and a plugin that has ended is told of all the same', limits, async () => {
  await assert.rejects(startWith(breaking(), Promise.resolve({ code: 3 })), { code: 'PLUGIN_EXITED' });
});
