/** What a runner checks on a running program comes before anything is sent to it, and its failure before any other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BulkheadError } from '../../src/errors.ts';
import {
  startPlugin,
  subprocessRunner,
  type PluginRunner,
  type RunnerFactory,
} from '../../src/goplugin/index.ts';
import { fixtureCommand, handshake } from './fixtures/start.ts';

const limits = { timeout: 60_000 };
const [command = '', ...args] = fixtureCommand;
const mismatch = new BulkheadError('GVISOR_NOT_PROVED', 'it is something else');

interface Seen {
  /** Whether the address was asked for, which comes before the first connection. */
  asked: boolean;
  gone: boolean;
}

/** A subprocess that is checked by `verify`, which is told when the handshake line has come. */
function checked(
  seen: Seen,
  verify: (printed: Promise<void>) => Promise<void>,
  program: { readonly command: string; readonly args: readonly string[] } = { command, args },
): RunnerFactory {
  const create = subprocessRunner(program);
  return async (...given) => {
    const runner = await create(...given);
    let hasPrinted: () => void = () => undefined;
    const printed = new Promise<void>((resolve) => (hasPrinted = resolve));
    const wrapped: PluginRunner = {
      name: runner.name,
      get id() {
        return runner.id;
      },
      socketDirectory: runner.socketDirectory,
      stdout: noting(runner.stdout, hasPrinted),
      stderr: runner.stderr,
      verify: () => verify(printed),
      start: (options) => runner.start(options),
      wait: (options) => runner.wait(options),
      kill: (options) => runner.kill(options),
      diagnose: () => runner.diagnose(),
      pluginToHost(address) {
        seen.asked = true;
        return runner.pluginToHost(address);
      },
      hostToPlugin: (address) => runner.hostToPlugin(address),
      shareSocket: (path) => runner.shareSocket(path),
      async [Symbol.asyncDispose]() {
        await runner[Symbol.asyncDispose]();
        seen.gone = true;
      },
    };
    return wrapped;
  };
}

async function* noting(from: AsyncIterable<Uint8Array>, note: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of from) {
    note();
    yield piece;
  }
}

test('a plugin that has announced itself is not spoken to before it is checked', limits, async () => {
  const seen: Seen = { asked: false, gone: false };
  const createRunner = checked(seen, async (printed) => {
    await printed;
    await new Promise(setImmediate); // the line has been read
    assert.equal(seen.asked, false);
  });
  await using plugin = await startPlugin({ createRunner, handshake, protocolVersions: [1] });
  await plugin.health();
});

test('a check that fails ends the plugin, whether or not it has announced itself', limits, async () => {
  for (const isLate of [false, true]) {
    const seen: Seen = { asked: false, gone: false };
    const createRunner = checked(seen, async (printed) => {
      if (isLate) await printed;
      throw mismatch;
    });
    await assert.rejects(startPlugin({ createRunner, handshake, protocolVersions: [1] }), mismatch);
    assert.deepEqual(seen, { asked: false, gone: true });
  }
});

test('a check that fails is told in place of an output that is no handshake', limits, async () => {
  const seen: Seen = { asked: false, gone: false };
  const createRunner = checked(
    seen,
    async (printed) => {
      await printed;
      throw mismatch;
    },
    { command: '/bin/sh', args: ['-c', 'echo no handshake; sleep 60'] },
  );
  await assert.rejects(startPlugin({ createRunner, handshake, protocolVersions: [1] }), mismatch);
  assert.deepEqual(seen, { asked: false, gone: true });
});
