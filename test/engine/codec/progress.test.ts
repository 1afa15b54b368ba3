import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseProgressLine } from '../../../src/engine/codec/progress.ts';

describe('a line of progress', () => {
  test('is what the engine says, without its line break', () => {
    assert.deepEqual(parseProgressLine({ stream: 'Loaded image: localhost/x:1\n' }), {
      kind: 'progress',
      progress: { message: 'Loaded image: localhost/x:1' },
    });
  });

  test('counts bytes of a layer where the engine does', () => {
    const line = {
      status: 'Downloading',
      id: 'ab12',
      progressDetail: { current: 3, total: 10 },
      progress: '[=> ]',
    };
    assert.deepEqual(parseProgressLine(line), {
      kind: 'progress',
      progress: { message: 'Downloading', id: 'ab12', current: 3, total: 10 },
    });
    assert.deepEqual(parseProgressLine({ status: 'Pulling', progressDetail: {} }), {
      kind: 'progress',
      progress: { message: 'Pulling' },
    });
  });

  test('is an error in both of its forms', () => {
    for (const line of [
      { errorDetail: { message: 'no space left\n' }, error: 'no space left' },
      { error: 'no space left' },
      { progressDetail: {}, errorDetail: { message: 'no space left' } },
    ]) {
      assert.deepEqual(parseProgressLine(line), { kind: 'error', message: 'no space left' });
    }
  });

  test('is a result when it says aux', () => {
    assert.deepEqual(parseProgressLine({ aux: { ID: 'sha256:1' } }), {
      kind: 'result',
      value: { ID: 'sha256:1' },
    });
  });

  test('is taken whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.ok(['progress', 'error', 'result'].includes(parseProgressLine(value).kind));
      }),
    );
  });
});
