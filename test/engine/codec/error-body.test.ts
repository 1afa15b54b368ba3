import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseErrorBody } from '../../../src/engine/codec/error-body.ts';

describe('the body of an error answer', () => {
  const cases: readonly (readonly [string, string, { message: string; cause?: string }])[] = [
    ["Docker's", '{"message":"No such container: x"}\n', { message: 'No such container: x' }],
    [
      "Podman's",
      '{"cause":"no such container","message":"no container with name x: no such container","response":404}',
      { message: 'no container with name x: no such container', cause: 'no such container' },
    ],
    ['plain text', 'Method Not Allowed\n', { message: 'Method Not Allowed' }],
    ['nothing', '', { message: 'no reason given' }],
    ['white space', ' \r\n', { message: 'no reason given' }],
    ['an object without a message', '{"code":3}', { message: '{"code":3}' }],
    ['a message that is no text', '{"message":{"a":1}}', { message: '{"message":{"a":1}}' }],
    ['JSON that was cut off', '{"message":"No such', { message: '{"message":"No such' }],
    [
      'a line of a stream',
      '{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}',
      { message: 'unexpected EOF' },
    ],
    [
      'the page of a proxy',
      '<html>\n<head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
      { message: 'a web page instead of an answer, titled "502 Bad Gateway"' },
    ],
    ['a page without a title', '<!DOCTYPE html><p>no', { message: 'a web page instead of an answer' }],
  ];
  for (const [name, body, expected] of cases) {
    test(`is understood when it is ${name}`, () => {
      assert.deepEqual(parseErrorBody(body), expected);
    });
  }

  test('gives some message for any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const { message, cause } = parseErrorBody(body);
        assert.notEqual(message, '');
        assert.ok(cause === undefined || typeof cause === 'string');
      }),
    );
  });
});
