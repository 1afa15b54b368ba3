/** A mount without an engine: on which plugin it is, how it is prepared and released, and what becomes of those who wait. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Generation } from '../../../src/host/instances/generation.ts';
import type { Instance } from '../../../src/host/instances/instance.ts';
import type { MountContext, MountOptions } from '../../../src/host/mounts/mount.ts';
import { MountedPlugin, type MountKeeper } from '../../../src/host/mounts/mounted-plugin.ts';
import { MountedGeneration, type Wait } from '../../../src/host/mounts/route.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const named = { type: 'kv', name: 'kv', version: 'v1' };

function generationOf(plugin: object = {}) {
  return { usable: true, plugin } as unknown as Generation & { usable: boolean };
}

/** An instance that gives these to those who wait: each once, and the last one again, but not for ever. */
function instanceOf(...answers: readonly unknown[]) {
  const waits: Wait[] = [];
  const instance = {
    plugin: {
      version: '1.2.3',
      kind: { metadata: (mountId: string) => ({ mount: [mountId] }) },
      launch: { mlock: true } as { mlock?: boolean },
    },
    serving: answers[0],
    ready: async (wait: Wait) => {
      assert.ok(waits.push(wait) <= 5, 'the instance was asked too often');
      const answer = await answers[Math.min(waits.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { instance: instance as unknown as Instance, made: instance, waits };
}

function mountOn(instance: Instance, options: MountOptions = {}) {
  const left: unknown[] = [];
  const warnings: unknown[] = [];
  const counters = {};
  const report = {
    countersOf: (plugin: unknown) => (plugin === named ? counters : undefined),
    warn: (_: string, fields: object) => warnings.push(fields),
  };
  const keeper = {
    report,
    snapshot: (of: unknown) => ({ of }),
    leave: (mount: unknown) => Promise.resolve(left.push(mount)),
  } as unknown as MountKeeper;
  return {
    mount: new MountedPlugin('m', named, instance, keeper, options),
    keeper,
    counters,
    left,
    warnings,
  };
}

/** A promise, and what settles it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

describe('a mount', () => {
  it('tells what it is of, on which instance, and what it sends with every call', () => {
    const { instance } = instanceOf(generationOf());
    const options = { isIdempotent: () => true, redactError: (error: unknown) => error };
    const { mount, keeper, counters } = mountOn(instance, options);
    assert.equal(mount.mountId, 'm');
    assert.equal(mount.plugin, named);
    assert.deepEqual(mount.metadata, { mount: ['m'] });
    assert.deepEqual(mount.instance, { of: instance });
    assert.equal(mount.runsOn, instance);
    assert.equal(mount.version, '1.2.3');
    assert.equal(mount.options, options);
    assert.equal(mount.report, keeper.report);
    assert.equal(mount.counters, counters);
    assert.equal(mount.isIdempotent, options.isIdempotent);
    assert.equal(mount.redactError, options.redactError);
    assert.deepEqual([mount.closed, mount.calls, mount.serving], [false, 0, undefined]);
  });

  it('serves with the plugin of its instance, unless that is lost', async () => {
    const generation = generationOf();
    const { instance, made } = instanceOf(generation);
    const { mount } = mountOn(instance);
    const use = await mount.serve({});
    assert.equal(use.instance, instance);
    assert.equal(use.generation, generation);
    assert.equal(mount.serving, use);
    use.enter();
    assert.equal(mount.calls, 1);
    made.serving = undefined;
    assert.equal(mount.serving, undefined);
  });

  it('makes clients of its own', async () => {
    const client = { Ask: (request: unknown) => Promise.resolve([request]) };
    const { instance } = instanceOf(generationOf({ client: () => client }));
    const { mount } = mountOn(instance);
    Object.assign(mount.report, { called: () => undefined });
    const nothing = () => Buffer.alloc(0);
    const service = {
      Ask: {
        ...{ path: '/a.B/Ask', requestStream: false, responseStream: false },
        ...{ requestSerialize: nothing, requestDeserialize: nothing },
        ...{ responseSerialize: nothing, responseDeserialize: nothing },
      },
    };
    const { ask } = mount.client<{ ask: (request: unknown) => Promise<unknown> }>(service);
    assert.deepEqual(await ask(1), [1]);
  });
});

describe('a plugin that a mount gets', () => {
  it('is prepared once, with what the mount says of itself', async () => {
    const contexts: MountContext[] = [];
    const plugins: unknown[] = [];
    const generation = generationOf({});
    const { instance, made } = instanceOf(generation);
    const prepare = (plugin: unknown, context: MountContext) => {
      plugins.push(plugin);
      contexts.push(context);
      return Promise.resolve();
    };
    const { mount } = mountOn(instance, { prepare });
    const [one, other] = await Promise.all([mount.serve({}), mount.serve({})]);
    assert.equal(one, other);
    assert.equal(await mount.serve({}), one);
    assert.deepEqual(plugins, [generation.plugin]);
    const [first, ...others] = contexts;
    assert.ok(first);
    const { signal, ...context } = first;
    assert.deepEqual(others, []);
    assert.deepEqual(context, { mountId: 'm', metadata: { mount: ['m'] }, version: '1.2.3', mlock: true });
    assert.equal(signal.aborted, false);
    made.plugin.launch = {};
    await mountOn(instance, { prepare }).mount.serve({});
    assert.equal(contexts[1]?.mlock, false);
  });

  it('is not prepared again because another was prepared for a move that came to nothing', async () => {
    const generation = generationOf();
    const { instance } = instanceOf(generation);
    const prepared: unknown[] = [];
    const prepare = (plugin: unknown) => Promise.resolve(void prepared.push(plugin));
    const { mount } = mountOn(instance, { prepare });
    const use = await mount.serve({});
    const next = generationOf({ name: 'next' });
    const { instance: other } = instanceOf(next);
    const nextUse = await mount.prepareOn(other, next);
    assert.deepEqual([nextUse.instance, nextUse.generation], [other, next]);
    assert.equal(await mount.serve({}), use);
    assert.deepEqual(prepared, [generation.plugin, next.plugin]);
  });

  it('is prepared again by the next call when that failed', async () => {
    const failure = new Error('not yet');
    const outcomes = [Promise.reject(failure), Promise.resolve()];
    outcomes[0]?.catch(() => undefined);
    const { instance } = instanceOf(generationOf());
    const { mount } = mountOn(instance, { prepare: () => outcomes.shift() ?? assert.fail('once too often') });
    await assert.rejects(mount.serve({}), failure);
    await turn();
    await mount.serve({});
  });

  it('is prepared once although the preparation of another fails meanwhile', async () => {
    const first = deferred<undefined>();
    const prepared: unknown[] = [];
    const [one, other] = [generationOf({ name: 'one' }), generationOf({ name: 'other' })];
    const prepare = (plugin: unknown) => {
      prepared.push(plugin);
      return plugin === one.plugin ? first.promise : Promise.resolve();
    };
    const { instance } = instanceOf(one);
    const { mount } = mountOn(instance, { prepare });
    const failing = mount.prepareOn(instance, one);
    const use = mount.prepareOn(instance, other);
    first.reject(new Error('it fails'));
    await assert.rejects(failing);
    await turn();
    assert.equal(await mount.prepareOn(instance, other), await use);
    assert.deepEqual(prepared, [one.plugin, other.plugin]);
  });

  it('is no longer prepared when the mount is closed', async () => {
    let signal: AbortSignal | undefined;
    const preparing = deferred<undefined>();
    const prepare = (_: unknown, context: MountContext) => {
      ({ signal } = context);
      return preparing.promise;
    };
    const { mount } = mountOn(instanceOf(generationOf()).instance, { prepare });
    const serving = mount.serve({});
    await turn();
    const closed = mount.close();
    assert.equal((signal?.reason as { code?: string } | undefined)?.code, 'MOUNT_CLOSED');
    preparing.reject(new Error('it was aborted'));
    await assert.rejects(serving, { code: 'MOUNT_CLOSED' });
    await closed;
  });
});

describe('a call that waits for a plugin', () => {
  it('gets the next one where the first is lost while it is prepared', async () => {
    const [lost, next] = [generationOf(), generationOf()];
    const prepare = () => Promise.resolve(void (lost.usable = false));
    const { mount } = mountOn(instanceOf(lost, next).instance, { prepare });
    assert.equal((await mount.serve({})).generation, next);
  });

  /** A mount that moves to another plugin while it waits for one, which the function then answers for. */
  function moving(answered: unknown) {
    const waiting = deferred<unknown>();
    const { mount } = mountOn(instanceOf(waiting.promise).instance);
    const serving = mount.serve({});
    const generation = generationOf();
    const { instance } = instanceOf(generation);
    const use = new MountedGeneration(instance, generation);
    assert.equal(mount.moveTo(instance, use).use, undefined);
    assert.equal(mount.runsOn, instance);
    assert.equal(mount.serving, use);
    if (answered instanceof Error) waiting.reject(answered);
    else waiting.resolve(answered);
    return { serving, use };
  }

  it('goes to the one that its mount has moved to, whatever became of the old one', async () => {
    for (const answered of [generationOf(), new Error('it was stopped')]) {
      const { serving, use } = moving(answered);
      assert.equal(await serving, use);
    }
  });

  it('fails with what its instance says', async () => {
    const failure = new Error('it crashes again and again');
    const { mount } = mountOn(instanceOf(failure, generationOf()).instance);
    await assert.rejects(mount.serve({}), failure);
  });

  it('fails because its mount is closed, before or meanwhile', async () => {
    const waiting = deferred<Generation>();
    const { instance, waits } = instanceOf(waiting.promise, generationOf());
    const { mount } = mountOn(instance);
    const serving = mount.serve({});
    await mount.close();
    waiting.reject(new Error('the instance was stopped'));
    await assert.rejects(serving, { code: 'MOUNT_CLOSED' });
    await assert.rejects(mount.serve({}), { code: 'MOUNT_CLOSED' });
    assert.equal(waits.length, 1);
  });
});

describe('the health of a mount', () => {
  it('is asked for within five seconds or the time that is given, waiting included', async (t) => {
    t.mock.method(performance, 'now', () => 1_000);
    const asked: unknown[] = [];
    const health = (options: unknown) => Promise.resolve(void asked.push(options));
    const { instance, waits } = instanceOf(generationOf({ health }));
    const { mount } = mountOn(instance);
    const { signal } = new AbortController();
    await mount.health();
    await mount.health({ timeoutMs: 70, signal });
    assert.deepEqual(waits, [
      { signal: undefined, deadline: 6_000 },
      { signal, deadline: 1_070 },
    ]);
    assert.deepEqual(asked, [
      { timeoutMs: 5_000, signal: undefined },
      { timeoutMs: 70, signal },
    ]);
    await assert.rejects(mount.health({ timeout: 1 } as never), { code: 'INVALID_OPTION' });
  });
});

describe('the reflection of a mount', () => {
  it('leaves the plugin what is left of its time, but at least a millisecond', async (t) => {
    let now = 1_000;
    let waitMs = 40;
    t.mock.method(performance, 'now', () => now);
    const asked: unknown[] = [];
    const reflection = {
      services: (options: unknown) => {
        asked.push(options);
        return Promise.resolve(['a.B']);
      },
      service: (name: string, options: unknown) => {
        asked.push(name, options);
        return Promise.resolve('made');
      },
    };
    const { instance, made, waits } = instanceOf(generationOf({ reflection }));
    const { ready } = made;
    made.ready = (wait) => {
      now += waitMs;
      return ready(wait);
    };
    const { mount } = mountOn(instance);
    const { signal } = new AbortController();
    const metadata = { a: ['b'] };
    assert.deepEqual(await mount.reflection.services({ timeoutMs: 100, signal, metadata }), ['a.B']);
    assert.equal(await mount.reflection.service('a.B'), 'made');
    waitMs = 200;
    await mount.reflection.services({ timeoutMs: 100 });
    assert.deepEqual(waits, [
      { signal, deadline: 1_100 },
      { signal: undefined, deadline: undefined },
      { signal: undefined, deadline: 1_180 },
    ]);
    assert.deepEqual(asked, [{ timeoutMs: 60, signal, metadata }, 'a.B', {}, { timeoutMs: 1 }]);
    await assert.rejects(mount.reflection.services({ timeout: 1 } as never), { code: 'INVALID_OPTION' });
    assert.equal(asked.length, 4);
  });
});

describe('a mount that is closed', () => {
  /** Timers that go off when the test says so. */
  function heldTimers(t: TestContext) {
    const timers: { readonly goOff: () => void; readonly ms: number }[] = [];
    const cleared: unknown[] = [];
    t.mock.method(globalThis, 'setTimeout', (goOff: () => void, ms: number) => {
      const timer = { goOff, ms };
      timers.push(timer);
      return timer;
    });
    t.mock.method(globalThis, 'clearTimeout', (timer: unknown) => cleared.push(timer));
    return { timers, cleared };
  }

  it('gives its calls ten seconds or the time that is given, and keeps no timer', async (t) => {
    const { timers, cleared } = heldTimers(t);
    for (const options of [undefined, { drainMs: 5 }]) {
      const { mount, left, warnings } = mountOn(instanceOf(generationOf()).instance);
      await mount.serve({});
      await mount.close(options);
      assert.deepEqual(left, [mount]);
      assert.deepEqual(warnings, []);
      assert.equal(mount.closed, true);
      assert.equal(mount.serving, undefined);
    }
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [10_000, 5],
    );
    assert.deepEqual(cleared, timers);
    const { mount } = mountOn(instanceOf(generationOf()).instance);
    await assert.rejects(mount.close({ drain: 1 } as never), { code: 'INVALID_OPTION' });
    assert.equal(mount.closed, false);
  });

  /** A mount with a call under way, and what was released. */
  async function withCall(release?: MountOptions['release']) {
    const released: unknown[] = [];
    const generation = generationOf();
    const note = (plugin: unknown, context: MountContext) => {
      released.push(plugin, context.mountId);
      return Promise.resolve();
    };
    const made = mountOn(instanceOf(generation).instance, { release: release ?? note });
    const use = await made.mount.serve({});
    use.enter();
    return { ...made, use, generation, released };
  }

  it('releases its plugin when the last call has ended', async (t) => {
    heldTimers(t);
    const { mount, use, generation, released, left } = await withCall();
    const closed = mount.close();
    await turn();
    assert.deepEqual([released, left], [[], []]);
    use.leave();
    await closed;
    assert.deepEqual([released, left], [[generation.plugin, 'm'], [mount]]);
  });

  it('waits for its calls no longer than it should, and releases its plugin all the same', async (t) => {
    const { timers } = heldTimers(t);
    const { mount, generation, released } = await withCall();
    const closed = mount[Symbol.asyncDispose]();
    await turn();
    assert.equal(timers.length, 1);
    timers[0]?.goOff();
    await closed;
    assert.deepEqual(released, [generation.plugin, 'm']);
  });

  it('releases no plugin that is lost', async () => {
    const { mount, use, generation, released, left, warnings } = await withCall();
    use.leave();
    generation.usable = false;
    await mount.close();
    assert.deepEqual([released, left, warnings], [[], [mount], []]);
  });

  it('warns of a plugin that could not be released, and is closed all the same', async () => {
    const error = new Error('it does not answer');
    const { mount, use, left, warnings } = await withCall(() => Promise.reject(error));
    use.leave();
    await mount.close();
    assert.deepEqual(warnings, [{ mount: 'm', error }]);
    assert.deepEqual(left, [mount]);
  });

  it('waits for a release as long as for the calls, and a second at least, whether or not it heeds its signal', async (t) => {
    for (const [drainMs, limitMs] of [
      [0, 1_000],
      [5_000, 5_000],
    ] as const) {
      const limits: number[] = [];
      const late = new AbortController();
      t.mock.method(AbortSignal, 'timeout', (ms: number) => {
        limits.push(ms);
        return late.signal;
      });
      const { mount, use, left, warnings } = await withCall((_, { signal }) => {
        assert.equal(signal, late.signal);
        return new Promise(() => undefined);
      });
      use.leave();
      const closed = mount.close({ drainMs });
      await turn();
      assert.deepEqual([limits, left], [[limitMs], []]);
      late.abort(new Error('too late'));
      await closed;
      assert.deepEqual([left, warnings], [[mount], [{ mount: 'm', error: late.signal.reason as Error }]]);
    }
  });

  it('was not on a plugin yet, and releases none', async () => {
    const { mount, left } = mountOn(instanceOf(generationOf()).instance, { release: () => assert.fail('!') });
    await mount.close();
    assert.deepEqual(left, [mount]);
  });
});
