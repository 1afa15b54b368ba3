/** How often the clients of a mount send a call, and what they wait for. The route is made up, and says what it is asked. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PluginCallError, PluginExitedError, type MethodShape } from '../../../src/goplugin/index.ts';
import { noteStart, type StartUnary } from '../../../src/goplugin/grpc/client/unary-start.ts';
import { routedClient } from '../../../src/host/mounts/routed-client.ts';
import { MountedGeneration, type Route } from '../../../src/host/mounts/route.ts';

type Call = (request: unknown, options?: object) => unknown;

const nothing = () => Buffer.alloc(0);
const shape: MethodShape = {
  ...{ path: '/a.B/Ask', requestStream: false, responseStream: false },
  ...{ requestSerialize: nothing, requestDeserialize: nothing },
  ...{ responseSerialize: nothing, responseDeserialize: nothing },
};
const service = { Ask: shape };
const streaming = { Ask: { ...shape, path: '/a.B/Watch', responseStream: true } };

/** Made for each test, because an error has the stack of where it was made. */
const answered = () =>
  new PluginCallError('PLUGIN_CALL_FAILED', 'it says no', {
    ...{ phase: 'call', plugin: 'p', method: '/a.B/Ask' },
    ...{ status: 'NOT_FOUND', details: '', metadata: {} },
  });
const notReached = () => {
  const told = { phase: 'call', plugin: 'p', exit: { code: 1 }, reached: 'no' } as const;
  return new PluginExitedError('PLUGIN_EXITED', 'it had ended', told);
};

/** A plugin of which this is the method. */
function usedWith(ask: Call) {
  return new MountedGeneration(
    {} as never,
    { usable: true, plugin: { client: () => ({ Ask: ask }) } } as never,
  );
}

/** The client of a mount that is on `serving`, or gets `next` when it has to wait; and what was told of its calls. */
function clientOn(serving: MountedGeneration | undefined, next?: MountedGeneration, of: object = service) {
  const told: { sent: number; error: unknown }[] = [];
  const waited: unknown[] = [];
  const route = {
    ...{ serving, metadata: undefined, isIdempotent: undefined, redactError: undefined },
    serve: (wait: unknown) => {
      waited.push(wait);
      assert.ok(next, 'it waited although a plugin serves');
      return Promise.resolve(next);
    },
    report: {
      called: (_: unknown, _path: string, _begun: number, sent: number, error: unknown) =>
        told.push({ sent, error }),
    },
  };
  const client = routedClient(route as unknown as Route, of as typeof service);
  return { client, ask: client['ask'] as Call, route, told, waited };
}

/** A method that answers with these, in turn: an error is thrown. */
function answering(...answers: readonly unknown[]) {
  const requests: unknown[] = [];
  const ask = (request: unknown) => {
    const answer = requests.length < answers.length ? answers[requests.length] : answered();
    requests.push(request);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { ask, requests };
}

/** The same for replies as a stream: each answer is a list, of which an error is thrown. */
function streamingOf(...answers: readonly (readonly unknown[])[]) {
  const requests: unknown[] = [];
  async function* ask(request: unknown) {
    const replies = requests.length < answers.length ? (answers[requests.length] ?? []) : [answered()];
    requests.push(request);
    for (const reply of replies) {
      if (reply instanceof Error) throw reply;
      yield await Promise.resolve(reply);
    }
  }
  return { ask, requests };
}

/** A method that is called without a promise, and does this. */
function starting(start: StartUnary): Call {
  const ask = () => assert.fail('it was called for a promise');
  noteStart(ask, start);
  return ask;
}

/** What becomes of the promise by the next turn: a test that would wait for ever fails. */
function atOnce<T>(promise: T): Promise<Awaited<T>> {
  const late = new Promise<never>((_, reject) =>
    setImmediate(() => {
      reject(new Error('it has not ended'));
    }),
  );
  return Promise.race([promise, late]);
}

async function collected(stream: unknown, into: unknown[] = []): Promise<unknown[]> {
  for await (const reply of stream as AsyncIterable<unknown>) {
    assert.ok(into.push(reply) < 10, 'it does not end');
  }
  return into;
}

describe('a client of a mount', () => {
  it('has every method of its service, under both spellings', async () => {
    const { client } = clientOn(usedWith(answering(1, 2).ask));
    assert.deepEqual(Object.keys(client), ['Ask', 'ask']);
    assert.deepEqual([await client['Ask']?.({}), await client['ask']?.({})], [1, 2]);
    assert.throws(() => clientOn(undefined, undefined, {}), { code: 'INVALID_OPTION' });
  });
});

describe('a call without a promise of its own', () => {
  it('ends with its reply, which is told once', async () => {
    const use = usedWith(
      starting((request, _options, replied) => {
        assert.equal(use.calls, 1);
        replied([request]);
      }),
    );
    const { ask, told } = clientOn(use);
    assert.deepEqual(await atOnce(ask(1)), [1]);
    assert.deepEqual(await atOnce(ask(2)), [2]);
    assert.equal(use.calls, 0);
    assert.deepEqual(told, Array(2).fill({ sent: 1, error: undefined }));
  });

  it('ends with its failure, and with what is wrong with its request', async () => {
    const [failure, wrong] = [answered(), new TypeError('not a message')];
    const use = usedWith(
      starting((request, _options, _replied, failed) => {
        if (request === 'wrong') throw wrong;
        failed(failure);
      }),
    );
    const { ask, told } = clientOn(use);
    await assert.rejects(atOnce(ask('right')), failure);
    await assert.rejects(atOnce(ask('wrong')), wrong);
    assert.equal(use.calls, 0);
    assert.deepEqual(
      told,
      [failure, wrong].map((error) => ({ sent: 1, error })),
    );
  });

  it('is sent again when it had not reached its plugin, to the one that serves then', async () => {
    const use = usedWith(
      starting((_request, _options, _replied, failed) => {
        queueMicrotask(() => {
          failed(notReached());
        });
      }),
    );
    const next = usedWith(answering('again').ask);
    const { ask, route, told } = clientOn(use, next);
    const reply = ask(1);
    route.serving = undefined;
    assert.equal(await atOnce(reply), 'again');
    assert.deepEqual([use.calls, next.calls], [0, 0]);
    assert.deepEqual(told, [{ sent: 2, error: undefined }]);
  });

  it('is one to the plugin that serves, and waits for one where none does', async () => {
    const replies = (reply: string) =>
      usedWith(
        starting((_request, _options, replied) => {
          replied(reply);
        }),
      );
    const next = usedWith(answering('of the next').ask);
    const { ask, route, waited } = clientOn(replies('of the first'), next);
    assert.equal(await atOnce(ask(1)), 'of the first');
    route.serving = undefined;
    assert.equal(await atOnce(ask(2)), 'of the next');
    assert.equal(waited.length, 1);
    route.serving = replies('of the last');
    assert.equal(await atOnce(ask(3)), 'of the last');
    assert.equal(waited.length, 1);
  });
});

describe('a call for which there is a promise', () => {
  it('is one of its plugin until it ends, and does not wait for a plugin that serves', async () => {
    const { ask: method } = answering('yes');
    const use = usedWith((request) => {
      assert.equal(use.calls, 1);
      return method(request);
    });
    const { ask, told } = clientOn(use);
    assert.equal(await atOnce(ask(1)), 'yes');
    assert.equal(use.calls, 0);
    assert.deepEqual(told, [{ sent: 1, error: undefined }]);
  });

  it('fails with what its plugin answers, and is not sent again', async () => {
    const failure = answered();
    const { ask: method, requests } = answering(failure, 'later');
    const use = usedWith(method);
    const { ask, told } = clientOn(use);
    await assert.rejects(async () => atOnce(ask(1)), failure);
    assert.equal(requests.length, 1);
    assert.equal(use.calls, 0);
    assert.deepEqual(told, [{ sent: 1, error: failure }]);
  });

  it('waits for a plugin where none serves, as long as its caller does', async () => {
    const { signal } = new AbortController();
    const { ask, waited } = clientOn(undefined, usedWith(answering('yes').ask));
    assert.equal(await atOnce(ask(1, { signal })), 'yes');
    assert.deepEqual(waited, [{ signal, deadline: undefined }]);
  });
});

describe('a call with a stream of replies', () => {
  it('is one of its plugin until its stream has ended, and is told once', async () => {
    const { ask: method, requests } = streamingOf([1, 2]);
    const use = usedWith(method);
    const { ask, told } = clientOn(use, undefined, streaming);
    const replies: unknown[] = [];
    for await (const reply of ask('x') as AsyncIterable<unknown>) {
      assert.equal(use.calls, 1);
      replies.push(reply);
    }
    assert.deepEqual(replies, [1, 2]);
    assert.deepEqual([use.calls, requests.length], [0, 1]);
    assert.deepEqual(told, [{ sent: 1, error: undefined }]);
  });

  it('is sent again when it had not reached its plugin', async () => {
    const { ask: method } = streamingOf([notReached()], [1]);
    const use = usedWith(method);
    const { ask, told } = clientOn(use, undefined, streaming);
    assert.deepEqual(await collected(ask('x')), [1]);
    assert.equal(use.calls, 0);
    assert.deepEqual(told, [{ sent: 2, error: undefined }]);
  });

  it('is not sent again after a reply, and not when it was answered', async () => {
    const [lost, failure] = [notReached(), answered()];
    for (const [replies, error] of [
      [[1], lost],
      [[], failure],
    ] as const) {
      const { ask: method, requests } = streamingOf([...replies, error], [2]);
      const use = usedWith(method);
      const { ask, told } = clientOn(use, undefined, streaming);
      const into: unknown[] = [];
      await assert.rejects(collected(ask('x'), into), error);
      assert.deepEqual(into, replies);
      assert.deepEqual([use.calls, requests.length], [0, 1]);
      assert.deepEqual(told, [{ sent: 1, error }]);
    }
  });

  it('waits for a plugin where none serves', async () => {
    const { ask, waited } = clientOn(undefined, usedWith(streamingOf([1]).ask), streaming);
    assert.deepEqual(await collected(ask('x')), [1]);
    assert.equal(waited.length, 1);
  });

  it('is no longer one of its plugin when its caller has left it', async () => {
    const use = usedWith(streamingOf([1, 2]).ask);
    const { ask } = clientOn(use, undefined, streaming);
    for await (const _reply of ask('x') as AsyncIterable<unknown>) break;
    assert.equal(use.calls, 0);
  });
});
