/** Whoever makes a call without a promise is told of its end once, also when the caller gives it up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, type CallFailure } from '../../src/goplugin/grpc/client/call-end.ts';
import { startUnary, type CallTarget } from '../../src/goplugin/grpc/client/calls.ts';
import { Http2Call, type CallCarrier } from '../../src/goplugin/grpc/client/http2-call.ts';
import { HeldBytes } from '../../src/goplugin/grpc/held-bytes.ts';
import type { Http2Channel } from '../../src/goplugin/grpc/client/http2-channel.ts';
import type { MethodShape } from '../../src/goplugin/index.ts';

const bytes = (): Buffer => Buffer.alloc(0);
const method: MethodShape = {
  ...{ path: '/a.B/Ask', requestStream: false, responseStream: false },
  ...{ requestSerialize: bytes, requestDeserialize: bytes },
  ...{ responseSerialize: bytes, responseDeserialize: bytes },
};

/** Starts a call of a plugin that never answers. Returns what is told of its end, and the call. */
function begun(signal: AbortSignal) {
  const calls: Http2Call[] = [];
  const explained: CallFailure[] = [];
  const held = new HeldBytes(1);
  const carrier: CallCarrier = {
    ...{ held, enter: () => undefined, leave: () => undefined, carry: () => undefined },
  };
  const channel = {
    call: (path: string, deadline: number, listener: ConstructorParameters<typeof Http2Call>[3]) => {
      const limit = { name: 'maxMessageBytes', bytes: 100 } as const;
      calls.push(new Http2Call(carrier, path, { deadline, limit }, listener));
      return calls.at(-1);
    },
  };
  const target: CallTarget = {
    channel: () => channel as unknown as Http2Channel,
    inProgress: { add: () => undefined, delete: () => undefined },
    explain: (failed) => {
      explained.push(failed);
      return Promise.resolve(failed);
    },
  };
  const told: unknown[] = [];
  const tell = (what: unknown): void => void told.push(what);
  startUnary(target, method, Buffer.alloc(0), { signal }, tell, tell);
  const [call = assert.fail('no call was made')] = calls;
  return { told, call, explained };
}

const turn = () => new Promise(setImmediate);

test('an abort is told at once, and the end that it makes is not told again', async () => {
  const caller = new AbortController();
  const { told, call } = begun(caller.signal);
  const reason = new Error('enough');
  caller.abort(reason);
  assert.deepEqual(told, [reason]);
  assert.equal(call.over, true);
  await turn();
  assert.deepEqual(told, [reason]);
});

test('a failure is told once, and an abort after it is not told', async () => {
  const caller = new AbortController();
  const { told, call, explained } = begun(caller.signal);
  call.fail(failure('NOT_FOUND', 'it says no'));
  await turn();
  caller.abort(new Error('too late'));
  await turn();
  assert.deepEqual(told, explained);
  assert.equal(explained.length, 1);
});
