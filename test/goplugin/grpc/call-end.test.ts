/** How a call ended: from the fields that the other side sent, from HTTP, from a reset, or from a limit of this side. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answerOf,
  CallFailure,
  failure,
  failureOf,
  httpFailure,
  lossFailure,
  okCode,
  type CallStatus,
} from '../../../src/goplugin/grpc/client/call-end.ts';
import { decodeReply } from '../../../src/goplugin/grpc/client/decode-reply.ts';
import type { Http2Call } from '../../../src/goplugin/grpc/client/http2-call.ts';
import { LimitExceeded } from '../../../src/goplugin/grpc/limit-error.ts';
import { StatusError, statusName } from '../../../src/goplugin/grpc/status.ts';

/** The name and the text of a status. */
function told({ code, details }: CallStatus): readonly [string, string] {
  return [statusName(code), details];
}

describe('a call that failed', () => {
  it('has the fields that an error of @grpc/grpc-js has', () => {
    const fields = ['grpc-status', '5', 'x-key', 'a'];
    const error = new CallFailure({ code: 5, details: 'no such key', fields });
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.message], ['CallFailure', '5 NOT_FOUND: no such key']);
    const { code, details, metadata } = error;
    assert.deepEqual([code, details, metadata], [5, 'no such key', { 'x-key': ['a'] }]);
    assert.deepEqual(['limit' in error, 'progress' in error], [false, false]);
  });

  it('names the limit that ended it, and says that it never began', () => {
    const status = failure('RESOURCE_EXHAUSTED', 'too many calls');
    const error = new CallFailure({ ...status, limit: 'callsInProgress', progress: 'NOT_STARTED' });
    assert.deepEqual([error.limit, error.progress], ['callsInProgress', 'NOT_STARTED']);
  });
});

it('makes a status of a failure of this side, which names a limit where there is one', () => {
  assert.deepEqual(failure('CANCELLED', 'why'), { code: 1, details: 'why', fields: [] });
  const plain = failureOf(new StatusError('INTERNAL', 'it is compressed'));
  assert.deepEqual(plain, { code: 13, details: 'it is compressed', fields: [] });
  assert.deepEqual(failureOf(new LimitExceeded('maxMessageBytes', 'a message of 5 bytes', 4)), {
    code: 8,
    details: 'a message of 5 bytes, and the limit maxMessageBytes is 4',
    fields: [],
    limit: 'maxMessageBytes',
  });
});

describe('the status that the other side sent', () => {
  const answer = (...fields: string[]) => told(answerOf(fields, 200));

  it('has a number, and a text whose bytes are encoded', () => {
    assert.equal(okCode, 0);
    assert.deepEqual(answer('grpc-status', '0'), ['OK', '']);
    assert.deepEqual(answer('grpc-status', '5', 'grpc-message', 'no%20such%C3%A9'), [
      'NOT_FOUND',
      'no suché',
    ]);
    assert.deepEqual(answer('x-a', 'b', 'grpc-message', 'first', 'grpc-status', '16'), [
      ...['UNAUTHENTICATED', 'first'],
    ]);
    assert.deepEqual(answer('grpc-status', '13', 'grpc-message', '100 %'), ['INTERNAL', '100 %']);
  });

  it('comes with the fields in which it was', () => {
    const fields = ['grpc-status', '5', 'x-key', 'a'];
    assert.deepEqual(answerOf(fields, 200), { code: 5, details: '', fields });
  });

  it('is UNKNOWN where gRPC has no such number', () => {
    assert.deepEqual(answer('grpc-status', '99', 'grpc-message', 'why'), ['UNKNOWN', 'why']);
  });

  it('is missing where it is no number', () => {
    const missing = ['UNKNOWN', 'the call ended without a gRPC status'] as const;
    assert.deepEqual(answer(), missing);
    for (const wrong of ['', 'fine', '-1', '5x', '1000'])
      assert.deepEqual(answer('grpc-status', wrong), missing);
    assert.deepEqual(told(answerOf(['grpc-status', 'fine'], 503)), [
      ...['UNAVAILABLE', 'the answer is HTTP status 503, not gRPC'],
    ]);
  });

  it('is read once from fields that are the same list, unless it is a failure', () => {
    const fields = ['grpc-status', '0'];
    assert.equal(answerOf(fields, 200), answerOf(fields, 200));
    // What such fields mean depends on the status of HTTP too.
    const without = ['x-a', 'b'];
    const names = [200, 503, 404].map((status) => statusName(answerOf(without, status).code));
    assert.deepEqual(names, ['UNKNOWN', 'UNAVAILABLE', 'UNIMPLEMENTED']);
  });
});

it('takes a status of HTTP for one of gRPC, as gRPC maps them', () => {
  const statuses = {
    ...{ 400: 'INTERNAL', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'UNIMPLEMENTED' },
    ...{ 429: 'UNAVAILABLE', 502: 'UNAVAILABLE', 503: 'UNAVAILABLE', 504: 'UNAVAILABLE' },
    ...{ 302: 'UNKNOWN', 500: 'UNKNOWN' },
  };
  for (const [status, name] of Object.entries(statuses)) {
    const words = `the answer is HTTP status ${status}, not gRPC`;
    assert.deepEqual(told(httpFailure(Number(status))), [name, words]);
  }
  for (const status of [undefined, 200])
    assert.deepEqual(told(httpFailure(status)), ['UNKNOWN', 'the call ended without a gRPC status']);
});

it('says how a stream was lost', () => {
  const reset = 'the call was reset with HTTP/2 code';
  const losses = [
    [lossFailure({ kind: 'lost', why: 'the connection was lost' }), 'UNAVAILABLE', 'the connection was lost'],
    [lossFailure({ kind: 'reset', code: 7 }), 'UNAVAILABLE', `${reset} 7`],
    [lossFailure({ kind: 'reset', code: 8 }), 'CANCELLED', `${reset} 8`],
    [lossFailure({ kind: 'reset', code: 11 }), 'RESOURCE_EXHAUSTED', `${reset} 11`],
    [lossFailure({ kind: 'reset', code: 12 }), 'PERMISSION_DENIED', `${reset} 12`],
    [lossFailure({ kind: 'reset', code: 2 }), 'INTERNAL', `${reset} 2`],
    [lossFailure({ kind: 'fault', code: 1, why: 'too much data' }), 'INTERNAL', `${reset} 1: too much data`],
    [lossFailure(undefined), 'INTERNAL', `${reset} 0`],
  ] as const;
  for (const [status, name, details] of losses) assert.deepEqual(told(status), [name, details]);
});

describe('a reply', () => {
  /** Decodes a reply with this, and tells what its call was ended with. */
  const decoded = (responseDeserialize: (bytes: Buffer) => unknown) => {
    const ended: CallStatus[] = [];
    const call = { fail: (status: CallStatus) => ended.push(status) } as unknown as Http2Call;
    return { reply: decodeReply(call, { responseDeserialize }, Buffer.from('a')), ended };
  };

  it('is what its method makes of its bytes', () => {
    assert.deepEqual(decoded(String), { reply: { value: 'a' }, ended: [] });
    assert.deepEqual(
      decoded(() => undefined),
      { reply: { value: undefined }, ended: [] },
    );
  });

  it('that is no message of its method ends the call', () => {
    const { reply, ended } = decoded(() => {
      throw new RangeError('index out of range');
    });
    assert.equal(reply, undefined);
    const words = 'Response message parsing error: index out of range';
    assert.deepEqual(ended.map(told), [['INTERNAL', words]]);
  });

  it('that has too many values ends the call with that limit', () => {
    const { reply, ended } = decoded(() => {
      throw new LimitExceeded('valuesOfMessage', 'a message has more values', 4);
    });
    assert.equal(reply, undefined);
    assert.deepEqual(
      ended.map(({ code, limit }) => [statusName(code), limit]),
      [['RESOURCE_EXHAUSTED', 'valuesOfMessage']],
    );
  });
});
