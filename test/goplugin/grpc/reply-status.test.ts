/** The status with which a served call ends: what is made of an error, and what is sent of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PluginCallError } from '../../../src/goplugin/errors.ts';
import {
  ok,
  replyStatus,
  responseHeaders,
  statusOf,
  trailersOf,
} from '../../../src/goplugin/grpc/server/reply-status.ts';
import { StatusError, statusName, statusNames } from '../../../src/goplugin/grpc/status.ts';

/** The code of UNKNOWN. */
const unknown = 2;

describe('the names of statuses', () => {
  it('have the numbers that gRPC gives them', () => {
    const numbers = { OK: 0, UNKNOWN: 2, NOT_FOUND: 5, INTERNAL: 13, UNAVAILABLE: 14, UNAUTHENTICATED: 16 };
    for (const [name, number] of Object.entries(numbers)) assert.equal(statusName(number), name);
    assert.equal(statusNames.length, 17);
  });

  it('are made of the number where gRPC has none', () => {
    assert.equal(statusName(17), 'STATUS_17');
  });
});

describe('a call whose implementation throws', () => {
  it('ends with the status of its choice, and with its metadata', () => {
    for (const [code, name] of statusNames.entries()) {
      const error = new StatusError(name, 'why', { 'x-a': ['1', '2'], 'x-bin': Buffer.from('b') });
      assert.deepEqual([error.name, error.message, error.status], ['StatusError', 'why', name]);
      assert.deepEqual(statusOf(error), {
        code,
        details: 'why',
        fields: ['x-a', '1', 'x-a', '2', 'x-bin', 'Yg=='],
      });
    }
    assert.deepEqual(statusOf(new StatusError('ABORTED', 'why')), { code: 10, details: 'why', fields: [] });
  });

  it('ends with UNKNOWN for anything else, as in Go', () => {
    for (const [thrown, details] of [
      [new Error('a reason'), 'a reason'],
      [Object.assign(new Error('a reason'), { code: 'ENOENT' }), 'a reason'],
      ['a text', 'a text'],
      [{ code: 5, message: 'no error' }, 'no error'],
      [undefined, 'undefined'],
      [null, 'null'],
    ] as const)
      assert.deepEqual(statusOf(thrown), { code: unknown, details, fields: [] });
  });

  it('passes on the failure of a call to another service', () => {
    const failure = (status: string) =>
      new PluginCallError('PLUGIN_CALL_FAILED', 'p answered /a.B/C with a failure', {
        ...{ phase: 'call', plugin: 'p', method: '/a.B/C', status, details: 'no such key' },
        metadata: { 'x-key': ['a'] },
      });
    const passedOn = { details: 'no such key', fields: ['x-key', 'a'] };
    assert.deepEqual(statusOf(failure('NOT_FOUND')), { code: 5, ...passedOn });
    assert.deepEqual(statusOf(failure('STATUS_99')), { code: unknown, ...passedOn });
  });

  it('passes on an error of @grpc/grpc-js, and any that has its form', () => {
    const headers = { 'x-a': ['1', '2'], 'x-b': '3' };
    const whole = Object.assign(new Error('5 NOT_FOUND: no such key'), {
      ...{ code: 5, details: 'no such key', metadata: { toHttp2Headers: () => headers } },
    });
    assert.deepEqual(statusOf(whole), {
      code: 5,
      details: 'no such key',
      fields: ['x-a', '1', 'x-a', '2', 'x-b', '3'],
    });
    const bare = Object.assign(new Error('no such key'), { code: 5 });
    assert.deepEqual(statusOf(bare), { code: 5, details: 'no such key', fields: [] });
    const odd = Object.assign(new Error('no such key'), { code: 5, metadata: {} });
    assert.deepEqual(statusOf(odd).fields, []);
  });
});

it('names a status of this side', () => {
  assert.deepEqual(ok, { code: 0, details: '', fields: [] });
  assert.deepEqual(replyStatus('UNIMPLEMENTED', 'why'), { code: 12, details: 'why', fields: [] });
});

describe('an error whose code is no status of a failure', () => {
  it('ends the call with UNKNOWN and its text', () => {
    for (const code of [-1, -6, 0, 1.5, NaN, '5'])
      assert.deepEqual(
        statusOf(Object.assign(new Error('no such file'), { code })),
        { code: unknown, details: 'no such file', fields: [] },
        String(code),
      );
    const { code } = statusOf(Object.assign(new Error('it is not there'), { code: 5 }));
    assert.equal(code, 5);
  });
});

describe('the trailers of a call', () => {
  const headers = [':status', '200', 'content-type', 'application/grpc'];
  const commonOf = (code: number, alone: boolean) =>
    trailersOf({ code, details: '', fields: [] }, alone).common;

  it('have the status, and the headers of a response where that is the whole answer', () => {
    assert.deepEqual(responseHeaders.fields, headers);
    for (const code of [...statusNames.keys(), 17, 99]) {
      const status = ['grpc-status', String(code)];
      assert.deepEqual(commonOf(code, false).fields, status);
      assert.deepEqual(commonOf(code, true).fields, [...headers, ...status]);
    }
  });

  it('are made once for each status that gRPC has, and kept for no other', () => {
    for (const code of statusNames.keys()) {
      for (const alone of [false, true])
        assert.equal(commonOf(code, alone), commonOf(code, alone), `status ${code}`);
    }
    for (const code of [17, 99, 1.5, -100])
      assert.notEqual(commonOf(code, false), commonOf(code, false), `status ${code}`);
  });

  it('have the text of the status before the metadata, where there is one', () => {
    const fields = ['x-a', 'b'];
    const others = (details: string) => trailersOf({ code: 5, details, fields }, false).others;
    assert.deepEqual(others('no such key'), ['grpc-message', 'no such key', 'x-a', 'b']);
    assert.deepEqual(others(''), ['x-a', 'b']);
  });

  it('have a text with whatever is not printable ASCII by its bytes', () => {
    const messageOf = (details: string) => trailersOf({ code: 5, details, fields: [] }, false).others[1];
    assert.equal(messageOf('a key & a ~ "text"'), 'a key & a ~ "text"');
    assert.equal(messageOf('100 %'), '100 %25');
    assert.equal(messageOf('two\nlines'), 'two%0Alines');
    assert.equal(messageOf('\x1f ~\x7f & é'), '%1F ~%7F & %C3%A9');
  });
});
