/** Header blocks: the examples of RFC 7541, what is refused, and the same fields on both sides of node:http2. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConnectionFault } from '../../../src/goplugin/http2/errors.ts';
import { HpackDecoder } from '../../../src/goplugin/http2/hpack-decoder.ts';
import { CommonFields, HpackEncoder } from '../../../src/goplugin/http2/hpack-encoder.ts';
import { decodeHuffman, encodeHuffman, huffmanLength } from '../../../src/goplugin/http2/huffman.ts';

const roomy = { bytes: 1 << 20, fields: 1000 };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Fields as lines, as in the RFC. */
function lines(decoder: HpackDecoder, block: string): string[] {
  const fields = decoder.decode(hex(block))?.fields ?? [];
  return fields.flatMap((each, at) => (at % 2 === 0 ? [`${each}: ${fields[at + 1] ?? ''}`] : []));
}

describe('the Huffman code', () => {
  it('is that of RFC 7541', () => {
    for (const [text, code] of [
      ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
      ['no-cache', 'a8eb10649cbf'],
      ['custom-key', '25a849e95ba97d7f'],
      ['custom-value', '25a849e95bb8e8b4bf'],
      ['302', '6402'],
      ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
      ['https://www.example.com', '9d29ad171863c78f0b97c8e9ae82ae43d3'],
      [
        'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
        '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ],
    ] as const) {
      assert.equal(encodeHuffman(text).toString('hex'), code);
      assert.equal(decodeHuffman(hex(code)), text);
    }
  });

  it('brings back every text', () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 255 })).map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(bytes, (text) => {
        const coded = encodeHuffman(text);
        assert.equal(coded.length, huffmanLength(text));
        assert.equal(decodeHuffman(coded), text);
      }),
    );
  });

  it('refuses padding that is too long or not of ones, and an end inside', () => {
    for (const wrong of ['ff', 'ffff', '00', 'ffffffff', 'fffffffc']) {
      assert.throws(() => decodeHuffman(hex(wrong)), { name: 'ConnectionFault', code: 9 }, wrong);
    }
    assert.equal(decodeHuffman(hex('1f')), 'a');
  });
});

describe('the decoder', () => {
  it('reads the requests of RFC 7541, C.4, in their order', () => {
    const decoder = new HpackDecoder(roomy);
    assert.deepEqual(lines(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'), [
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
    ]);
    assert.deepEqual(lines(decoder, '8286 84be 5886 a8eb 1064 9cbf'), [
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
      'cache-control: no-cache',
    ]);
    assert.deepEqual(lines(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'), [
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
  });

  it('reads the responses of RFC 7541, C.6, whose table is too small for all', () => {
    const decoder = new HpackDecoder(roomy);
    assert.deepEqual(
      lines(
        decoder,
        '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      ),
      [
        ':status: 302',
        'cache-control: private',
        'date: Mon, 21 Oct 2013 20:13:21 GMT',
        'location: https://www.example.com',
      ],
    );
    assert.deepEqual(lines(decoder, '4883 640e ffc1 c0bf'), [
      ':status: 307',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ]);
  });

  it('refuses what is not HPACK', () => {
    const wrong = {
      'field 0': '80',
      'a field that is not in the table': 'be',
      'a table that is larger than allowed': '3fe21f',
      'a change of the table inside': '8220',
      'a text that is cut off': '0005 6162',
      'a number that is cut off': '7f',
      'a number without an end': '7f ffff ffff ffff ffff ff01',
    };
    for (const [what, block] of Object.entries(wrong)) {
      assert.throws(
        () => new HpackDecoder(roomy).decode(hex(block)),
        { name: 'ConnectionFault', code: 9 },
        what,
      );
    }
  });

  it('goes without a table once that is agreed on', () => {
    const decoder = new HpackDecoder(roomy);
    assert.deepEqual(lines(decoder, '400161 0162'), ['a: b']);
    assert.deepEqual(lines(decoder, 'be'), ['a: b']);
    decoder.allowTable(0);
    assert.throws(() => decoder.decode(hex('88')), ConnectionFault, 'the other side has to say so');
    const reduced = new HpackDecoder(roomy);
    reduced.allowTable(0);
    assert.deepEqual(lines(reduced, '20 88'), [':status: 200']);
    assert.deepEqual(lines(reduced, '400161 0162'), ['a: b']);
    assert.throws(() => reduced.decode(hex('be')), ConnectionFault);
  });

  it('gives no fields of a block with too many, and keeps the table right', () => {
    const decoder = new HpackDecoder({ bytes: 100, fields: 2 });
    assert.equal(decoder.decode(hex('88 88 88')), undefined);
    assert.equal(decoder.decode(hex(`40 0161 7f00 ${'62'.repeat(127)}`)), undefined);
    assert.equal(decoder.decode(hex('be')), undefined, 'it is in the table, and still too long');
    assert.deepEqual(lines(decoder, '88'), [':status: 200']);
  });
});

describe('the encoder', () => {
  const common = new CommonFields([':method', 'POST', ':path', '/a.B/C', 'te', 'trailers']);

  it('takes a byte or two for what was sent before', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(roomy);
    const first = encoder.encode(common);
    const second = encoder.encode(common);
    assert.ok(first.length > 10);
    assert.equal(second.length, 3);
    assert.equal(encoder.encode(common), second, 'it is made once');
    for (const block of [first, second]) assert.deepEqual(decoder.decode(block)?.fields, common.fields);
  });

  it('puts nothing of a single call into a table', () => {
    const encoder = new HpackEncoder();
    const secret = ['authorization', 'a secret', 'x-id', '1'];
    const [first, second] = [encoder.encode(common, secret), encoder.encode(common, secret)];
    assert.ok(first.includes(encodeHuffman('a secret')) && second.includes(encodeHuffman('a secret')));
    const decoder = new HpackDecoder(roomy);
    for (const block of [first, second]) {
      assert.deepEqual(decoder.decode(block)?.fields, [...common.fields, ...secret]);
    }
  });

  it('follows the table that the other side allows, down and up again', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(roomy);
    const others = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(
      (name) => new CommonFields([name, 'x'.repeat(300)]),
    );
    const check = (): void => {
      for (const each of [common, ...others, common]) {
        assert.deepEqual(decoder.decode(encoder.encode(each))?.fields, each.fields);
      }
    };
    check();
    for (const size of [0, 200, 4096]) {
      encoder.allowTable(size);
      decoder.allowTable(size);
      check();
    }
    encoder.allowTable(0);
    encoder.allowTable(4096);
    decoder.allowTable(0);
    decoder.allowTable(4096);
    check();
  });

  it('and the decoder bring back all fields', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const value = fc.stringMatching(/^[ -~]{0,60}$/);
    const fields = fc.array(fc.tuple(name, value), { maxLength: 8 }).map((pairs) => pairs.flat());
    const steps = fc.array(fc.tuple(fields, fields, fc.option(fc.integer({ min: 0, max: 5000 }))));
    fc.assert(
      fc.property(steps, (all) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder(roomy);
        for (const [shared, own, size] of all) {
          if (size !== null) {
            encoder.allowTable(size);
            decoder.allowTable(size);
          }
          const block = encoder.encode(new CommonFields(shared), own);
          assert.deepEqual(decoder.decode(block)?.fields ?? [], [...shared, ...own]);
        }
      }),
    );
  });
});
