/** What a failed call means to its caller: code, words, hint, and whether the plugin may have carried it out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PluginCallError } from '../../../src/goplugin/errors.ts';
import { CallFailure, type CallStatus } from '../../../src/goplugin/grpc/client/call-end.ts';
import { callError, mayBeLoss, reached } from '../../../src/goplugin/grpc/failure.ts';
import { LimitExceeded, limitHint } from '../../../src/goplugin/grpc/limit-error.ts';
import { statusNames, type StatusName } from '../../../src/goplugin/grpc/status.ts';

const method = '/a.B/C';

function failed(status: StatusName, details: string, more: Partial<CallStatus> = {}): CallFailure {
  return new CallFailure({ code: statusNames.indexOf(status), details, fields: [], ...more });
}

/** The error for a failure, of which its caller knows a hint as well. */
function errorFor(status: StatusName, details: string, more?: Partial<CallStatus>): PluginCallError {
  return callError(failed(status, details, more), method, { plugin: 'p', hint: 'What the caller knows.' });
}

describe('the error of a failed call', () => {
  it('has what the plugin answered, and what its caller knows', () => {
    const output = { stdout: 'printed', stderr: '' };
    const error = callError(failed('NOT_FOUND', 'no such key', { fields: ['x-key', 'a'] }), method, {
      plugin: 'p',
      output,
      reached: 'no',
      hint: 'What the caller knows.',
    });
    assert.ok(error instanceof PluginCallError);
    assert.equal(error.message, 'p answered /a.B/C with NOT_FOUND: no such key');
    const { code, phase, plugin, hint, status, details, metadata } = error;
    assert.deepEqual([code, phase, plugin, error.method], ['PLUGIN_CALL_FAILED', 'call', 'p', method]);
    assert.deepEqual([status, details, metadata], ['NOT_FOUND', 'no such key', { 'x-key': ['a'] }]);
    assert.deepEqual([error.output, error.reached, hint], [output, 'no', 'What the caller knows.']);
  });

  it('says that the plugin did not answer in time', () => {
    const error = errorFor('DEADLINE_EXCEEDED', 'the deadline has passed');
    assert.deepEqual(
      [error.code, error.message],
      ['PLUGIN_CALL_TIMEOUT', 'p did not answer /a.B/C before the deadline'],
    );
    assert.equal(error.status, 'DEADLINE_EXCEEDED');
  });

  it('says that a limit of this side ended the call, and what to do about it', () => {
    const error = errorFor('RESOURCE_EXHAUSTED', 'a message of 5 bytes', { limit: 'maxMessageBytes' });
    assert.deepEqual(
      [error.code, error.message],
      ['PLUGIN_LIMIT', 'The call /a.B/C of p was ended: a message of 5 bytes'],
    );
    assert.match(error.hint ?? '', /larger `maxMessageBytes`/);
  });

  it('has a hint for what is known to cause it, in place of what its caller knows', () => {
    const hints: readonly (readonly [StatusName, string, RegExp])[] = [
      ['UNIMPLEMENTED', 'unknown method C', /compare its \.proto file/],
      [
        'RESOURCE_EXHAUSTED',
        'grpc: received message larger than max (5 vs. 4)',
        /^Go plugins take messages of up to 4 MiB/,
      ],
      ['UNAVAILABLE', 'x509: certificate is valid for localhost, not unused', /before 1\.4\.4/],
    ];
    for (const [status, details, hint] of hints) assert.match(errorFor(status, details).hint ?? '', hint);
  });

  it('has the hint of its caller for anything else', () => {
    const others = [
      ['RESOURCE_EXHAUSTED', 'the quota is used up'],
      ['INTERNAL', 'a key is larger than max'],
      ['UNAVAILABLE', 'x509: certificate is valid for somebody else'],
      ['OK', ''],
    ] as const;
    for (const [status, details] of others)
      assert.equal(errorFor(status, details).hint, 'What the caller knows.');
  });
});

it('takes a failure for a lost connection only where a loss can cause its status', () => {
  const losses = statusNames.filter((name) => mayBeLoss(failed(name, '')));
  assert.deepEqual(losses, ['CANCELLED', 'UNKNOWN', 'INTERNAL', 'UNAVAILABLE']);
  assert.equal(mayBeLoss(new CallFailure({ code: 99, details: '', fields: [] })), false);
});

it('knows that a call has not reached the plugin only where its stream never began', () => {
  assert.equal(reached(failed('UNAVAILABLE', 'no connection', { progress: 'NOT_STARTED' })), 'no');
  assert.equal(reached(failed('UNAVAILABLE', 'the connection was lost')), undefined);
});

describe('a limit of this side', () => {
  it('is named with what was observed, and with what is allowed', () => {
    const given = new LimitExceeded('maxMessageBytes', 'a message of 5 bytes', 4);
    assert.equal(given.message, 'a message of 5 bytes, and the limit maxMessageBytes is 4');
    assert.deepEqual([given.limit, given.status], ['maxMessageBytes', 'RESOURCE_EXHAUSTED']);
    const usual = new LimitExceeded('brokerMessageBytes', 'a long message');
    assert.equal(usual.message, 'a long message, and the limit brokerMessageBytes is 65536');
  });

  it('has a hint that says which option is about it, or whom not to trust', () => {
    assert.equal(limitHint(undefined), undefined);
    assert.match(limitHint('maxMessageBytes') ?? '', /`maxMessageBytes`/);
    assert.match(limitHint('heldMessages') ?? '', /`maxMessageBytes`/);
    assert.match(limitHint('valuesOfMessage') ?? '', /`maxValues`/);
    assert.match(limitHint('callsInProgress') ?? '', /`timeoutMs`/);
    assert.match(limitHint('fieldsOfMessage') ?? '', /Do not trust/);
  });
});
