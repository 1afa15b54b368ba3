/** Metadata of a call and of its answer: which fields it becomes, and what is made of fields that arrive. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidOptionError } from '../../../src/errors.ts';
import { fieldsOf, metadataOf } from '../../../src/goplugin/grpc/metadata.ts';
import type { CallMetadata } from '../../../src/goplugin/service.ts';

describe('metadata that is sent', () => {
  it('becomes a field for each value, under names in lower case', () => {
    assert.deepEqual(fieldsOf({ 'X-Trace': 'one two', 'x_y.z-1': ['a', 'b'], empty: '', none: [] }), [
      ...['x-trace', 'one two', 'x_y.z-1', 'a', 'x_y.z-1', 'b', 'empty', ''],
    ]);
    assert.deepEqual(fieldsOf(undefined), []);
    assert.deepEqual(fieldsOf({}), []);
  });

  it('carries bytes as Base64 under a name that ends in -bin, and only there', () => {
    const bytes = Buffer.from([0, 255, 10]);
    assert.deepEqual(fieldsOf({ 'key-bin': bytes, 'keys-bin': [bytes, Buffer.from('a')] }), [
      ...['key-bin', 'AP8K', 'keys-bin', 'AP8K', 'keys-bin', 'YQ=='],
    ]);
    assert.deepEqual(fieldsOf({ 'x-bin-y': 'text' }), ['x-bin-y', 'text']);
  });

  it('does not change what a call says of itself', () => {
    const own = { te: 'gzip', 'Content-Type': 'text/plain', 'user-agent': 'other', 'x-a': 'b' };
    assert.deepEqual(fieldsOf(own), ['x-a', 'b']);
  });

  const wrong: readonly (readonly [what: string, name: string, value: CallMetadata[string]])[] = [
    ['a name with a space', 'x y', 'hunter2'],
    ['no name', '', 'hunter2'],
    ['a name of HTTP/2 itself', ':path', 'hunter2'],
    ['a name with other letters', 'schlüssel', 'hunter2'],
    ['a name that is about a connection', 'Connection', 'hunter2'],
    ['a value with other letters', 'x-a', 'hunter2 é'],
    ['a value of two lines', 'x-a', 'hunter2\nx-b: c'],
    ['one wrong value among others', 'x-a', ['b', 'hunter2\0']],
    ['bytes under a name for text', 'x-a', Buffer.from('hunter2')],
    ['bytes under a name with -bin in its midst', 'x-bin-y', Buffer.from('hunter2')],
    ['text under a name for bytes', 'x-bin', 'hunter2'],
  ];
  for (const [what, name, value] of wrong) {
    it(`is refused with ${what}, and the value is not told`, () => {
      assert.throws(
        () => fieldsOf({ 'x-first': 'good', [name]: value }),
        (error) => {
          assert.ok(error instanceof InvalidOptionError);
          assert.equal(error.option, 'metadata');
          assert.ok(error.message.includes(JSON.stringify(name)), error.message);
          assert.match(error.hint ?? '', /ending in "-bin" takes a Buffer/);
          assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /hunter2/);
          return true;
        },
      );
    });
  }
});

describe('metadata that arrives', () => {
  it('is all but the status, and what belongs to HTTP/2', () => {
    const fields = [
      ...[':status', '200', 'content-type', 'application/grpc', 'grpc-status', '5'],
      ...['grpc-message', 'none', 'x-a', 'b', 'grpc-status-details-bin', 'YQ=='],
    ];
    assert.deepEqual(metadataOf(fields), {
      'content-type': ['application/grpc'],
      'x-a': ['b'],
      'grpc-status-details-bin': [Buffer.from('a')],
    });
    assert.deepEqual(metadataOf([]), {});
  });

  it('has the texts of one name as one text, as HTTP has it', () => {
    assert.deepEqual(metadataOf(['x-a', 'one', 'x-b', 'two', 'x-a', 'three', 'x-bin-c', 'a,b']), {
      'x-a': ['one, three'],
      'x-b': ['two'],
      'x-bin-c': ['a,b'],
    });
  });

  it('has all bytes of one name, whether they came in one field or in several', () => {
    assert.deepEqual(metadataOf(['a-bin', 'YQ==,Yg', 'a-bin', 'Yw==', 'b-bin', 'AP8K']), {
      'a-bin': ['a', 'b', 'c'].map((text) => Buffer.from(text)),
      'b-bin': [Buffer.from([0, 255, 10])],
    });
  });

  it('may have any name, that of a prototype too', () => {
    const metadata = metadataOf(['__proto__', 'a']);
    assert.deepEqual(Object.entries(metadata), [['__proto__', ['a']]]);
    assert.deepEqual(fieldsOf(metadata), ['__proto__', 'a']);
  });
});
