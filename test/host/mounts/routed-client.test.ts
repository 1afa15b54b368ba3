/** The clients of a mount, over a plugin that answers as the test says. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  PluginCallError,
  PluginExitedError,
  type MethodShape,
  type Plugin,
} from '../../../src/goplugin/index.ts';
import { noteStart, type StartUnary } from '../../../src/goplugin/grpc/client/unary-start.ts';
import { Generation } from '../../../src/host/instances/generation.ts';
import { Instance, type InstanceKeeper } from '../../../src/host/instances/instance.ts';
import type { MountOptions } from '../../../src/host/mounts/mount.ts';
import { MountedPlugin, type MountKeeper } from '../../../src/host/mounts/mounted-plugin.ts';
import { silentLogger } from '../../../src/host/reporting/events.ts';
import { Counters } from '../../../src/host/reporting/metrics.ts';
import { Report } from '../../../src/host/reporting/report.ts';

type Ask = (request: unknown, options?: object) => unknown;

const bytes = (): Buffer => Buffer.alloc(0);
const method: MethodShape = {
  ...{ path: '/a.B/Ask', requestStream: false, responseStream: false },
  ...{ requestSerialize: bytes, requestDeserialize: bytes },
  ...{ responseSerialize: bytes, responseDeserialize: bytes },
};
const service = { Ask: method };

/** A mount of a plugin whose client has this method, and what was counted of its calls. */
async function mountOf(ask: Ask, options: MountOptions = {}) {
  const never = new Promise<never>(() => undefined);
  const plugin = {
    ...{ name: 'p', id: 'i', connected: true, exited: never, disconnected: never },
    ...{ stop: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() },
    client: () => ({ Ask: ask, ask }),
  } as unknown as Plugin;
  const counters = new Counters();
  const report = new Report('host', counters, silentLogger);
  const keeper = {
    ...{ report, waitingCalls: 1, changed: () => undefined },
    launch: () => Promise.resolve(new Generation(plugin, 1)),
  } satisfies InstanceKeeper;
  const named = { type: 'kv', name: 'kv', version: '' };
  const instance = new Instance({ ...named, kind: {}, launch: {} } as never, keeper);
  await instance.open();
  const mount = new MountedPlugin('m', named, instance, keeper as unknown as MountKeeper, options);
  await mount.serve({});
  const { ask: mounted } = mount.client<{ ask: (...args: Parameters<Ask>) => Promise<unknown> }>(service);
  return { ask: mounted, mount, instance, counted: counters.of(named) };
}

/** A method that may be called only with functions in place of a promise. */
function withoutPromise(start: StartUnary): Ask {
  const ask: Ask = () => assert.fail('it was called for a promise');
  noteStart(ask, start);
  return ask;
}

const failure = new PluginCallError('PLUGIN_CALL_FAILED', 'it says no', {
  ...{ phase: 'call', plugin: 'p', method: '/a.B/Ask' },
  ...{ status: 'NOT_FOUND', details: '', metadata: {} },
});

it('makes no promise for a call beside the one that its caller gets', async () => {
  const { ask, mount, counted } = await mountOf(
    withoutPromise((request, _options, replied) => {
      setImmediate(replied, [request]);
    }),
  );
  const replies = [ask(1), ask(2)];
  assert.equal(mount.calls, 2);
  assert.deepEqual(await Promise.all(replies), [[1], [2]]);
  assert.equal(mount.calls, 0);
  assert.equal(counted.calls, 2);
  assert.equal(counted.callFailures, 0);
  assert.ok(counted.callMilliseconds >= 0);
});

it('fails with what the plugin answers, with what is wrong with a request, and with wrong options', async () => {
  const refusal = new TypeError('not a message');
  const { ask, mount, counted } = await mountOf(
    withoutPromise((request, _options, _replied, failed) => {
      if (request === 'wrong') throw refusal;
      setImmediate(failed, failure);
    }),
  );
  await assert.rejects(ask('right'), failure);
  await assert.rejects(ask('wrong'), refusal);
  assert.equal(counted.calls, 2);
  assert.equal(counted.callFailures, 2);
  await assert.rejects(ask('right', { timeout: 1 }), { code: 'INVALID_OPTION' });
  assert.equal(mount.calls, 0);
});

it('sends a call again that its plugin did not get', async () => {
  const again: Ask = (request) => Promise.resolve(['again', request]);
  noteStart(again, (_request, _options, _replied, failed) => {
    const told = { phase: 'call', plugin: 'p', exit: { code: 1 }, reached: 'no' } as const;
    setImmediate(failed, new PluginExitedError('PLUGIN_EXITED', 'it had ended', told));
  });
  const { ask, mount, counted } = await mountOf(again);
  assert.deepEqual(await ask(1), ['again', 1]);
  assert.deepEqual([mount.calls, counted.calls, counted.callsRepeated, counted.callFailures], [0, 1, 1, 0]);
});

it('calls a client that somebody else has made for its promise', async () => {
  const { ask, counted } = await mountOf((request) => Promise.resolve([request]));
  assert.deepEqual(await ask(1), [1]);
  assert.equal(counted.calls, 1);
});

it('counts a stream of replies that its caller leaves early, once, and is done with it', async () => {
  const { mount, counted } = await mountOf(async function* () {
    yield* await Promise.resolve([1, 2, 3]);
  });
  const watch = { ...method, path: '/a.B/Watch', responseStream: true };
  const { Ask: stream } = mount.client<{ Ask: (request: unknown) => AsyncIterable<number> }>({ Ask: watch });
  const got: number[] = [];
  for await (const reply of stream(1)) {
    got.push(reply);
    if (reply === 2) break;
  }
  assert.deepEqual(got, [1, 2]);
  assert.deepEqual([mount.calls, counted.calls, counted.callFailures], [0, 1, 0]);
  for await (const reply of stream(1)) got.push(reply);
  assert.deepEqual(got, [1, 2, 1, 2, 3]);
  assert.deepEqual([mount.calls, counted.calls, counted.callFailures], [0, 2, 0]);
});

it('counts a call that fails while it waits for a plugin, and takes secrets out of its error', async () => {
  const redacted = new Error('without its secrets');
  const { ask, instance, counted } = await mountOf(() => Promise.resolve(1), {
    redactError: (error) => ((error as { code?: string }).code === 'INSTANCE_STOPPED' ? redacted : error),
  });
  await instance.stop('enough');
  await assert.rejects(ask(1), redacted);
  assert.deepEqual([counted.calls, counted.callFailures], [1, 1]);
});
