/** What the fault proxy does with answers that it is to edit and that have no JSON. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EditedAnswer } from '../../src/testing/edited-answer.ts';

const edited = () => new EditedAnswer((json) => ({ ...(json as object), edited: true }));
const push = (answer: EditedAnswer, text: string) => Buffer.from(answer.push(Buffer.from(text))).toString();

describe('an answer that is to be edited', () => {
  for (const [what, answer] of [
    ['without content', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['with an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['with text', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK'],
    ['that becomes a stream', 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\nbytes'],
    ['that ends with its connection', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbytes'],
  ] as const) {
    it(`passes as it is ${what}, and what follows too`, () => {
      const given = edited();
      assert.equal(push(given, answer), answer);
      assert.equal(push(given, 'more'), 'more');
    });
  }

  it('is edited where its JSON comes in chunks, one byte after the other', () => {
    const given = edited();
    const answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n';
    const passed = Array.from(answer, (character) => push(given, character)).join('');
    assert.match(passed, /Content-Length: 21\r\n\r\n\{"a":1,"edited":true\}$/);
  });
});
