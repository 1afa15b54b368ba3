/** What a plugin prints and says of itself. */
import assert from 'node:assert/strict';
import {
  HandshakeLineError,
  formatHandshakeLine,
  parseHandshakeLine,
} from '../../../src/goplugin/handshake/line.ts';
import {
  decodeCertificateField,
  encodeCertificateField,
} from '../../../src/goplugin/handshake/certificate-field.ts';
import { LogReader } from '../../../src/goplugin/output/log-reader.ts';
import { LineSplitter } from '../../../src/goplugin/output/lines.ts';
import { formatReattachConfig, parseReattachConfig } from '../../../src/goplugin/reattach/config.ts';
import { Budget } from '../../../src/goplugin/reflection/budget.ts';
import { summarise } from '../../../src/goplugin/reflection/descriptor.ts';
import { decodeAnswer, decodeQuestion, encodeQuestion } from '../../../src/goplugin/reflection/messages.ts';
import { schemaOf } from '../../../src/goplugin/reflection/schema.ts';
import { createIdentity } from '../../../src/goplugin/tls/identity.ts';
import { integer, octetString, sequence } from '../../../src/goplugin/tls/der.ts';
import { bytesField, varintField } from '../../../src/goplugin/wire/protobuf.ts';
import { InvalidOptionError } from '../../../src/errors.ts';
import { bounded, sameHoweverCut } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';
import { jsonWords } from './json-words.ts';

const expectations = [
  { protocolVersions: [1, 5], autoMtls: false },
  { protocolVersions: [1, 5], autoMtls: true, brokerMultiplex: true },
] as const;

/** A file of descriptors with a message in a message, an enum and a service. */
function descriptor(): Buffer {
  const field = Buffer.concat([
    bytesField(1, 'name'),
    varintField(3, 1),
    varintField(4, 1),
    varintField(5, 9),
    bytesField(6, '.a.M'),
  ]);
  const enumeration = Buffer.concat([
    bytesField(1, 'E'),
    bytesField(2, Buffer.concat([bytesField(1, 'ZERO'), varintField(2, 0)])),
  ]);
  const inner = Buffer.concat([
    bytesField(1, 'Inner'),
    bytesField(2, field),
    bytesField(7, varintField(7, 1)),
  ]);
  const message = Buffer.concat([
    bytesField(1, 'M'),
    bytesField(2, field),
    bytesField(3, inner),
    bytesField(4, enumeration),
  ]);
  const method = Buffer.concat([
    bytesField(1, 'Get'),
    bytesField(2, '.a.M'),
    bytesField(3, '.a.M'),
    varintField(6, 1),
  ]);
  const service = Buffer.concat([bytesField(1, 'S'), bytesField(2, method)]);
  return Buffer.concat([
    ...[bytesField(1, 'a.proto'), bytesField(2, 'a'), bytesField(3, 'b.proto'), bytesField(12, 'proto3')],
    ...[bytesField(4, message), bytesField(5, enumeration), bytesField(6, service)],
  ]);
}

const hclog = [
  '{"@level":"info","@message":"ready","@module":"kv","@timestamp":"2024-05-06T07:08:09.123456Z","n":1}\n',
  '{"@level":"trace","@message":{"a":["b"]},"@timestamp":"2024-05-06T07:08:09.123456+02:00"}\r\n',
  '[WARN] text\npanic: boom\n\ngoroutine 1 [running]:\n',
].join('');

export const pluginTargets: readonly FuzzTarget[] = [
  {
    name: 'handshake-line',
    run(input) {
      for (const expected of expectations) {
        const line = parseHandshakeLine(input.toString('utf8'), expected);
        assert.deepEqual(parseHandshakeLine(formatHandshakeLine(line), expected), line);
      }
    },
    allowed: [HandshakeLineError],
    async seeds() {
      const { certificateDer } = await createIdentity();
      return [
        Buffer.from('1|5|unix|/tmp/plugin1|grpc||true'),
        Buffer.from('1|1|tcp|127.0.0.1:1234|grpc'),
        Buffer.from(`1|5|unix|/tmp/plugin1|grpc|${encodeCertificateField(certificateDer)}|true`),
      ];
    },
    words: ['|', '1|', 'unix', 'tcp', 'grpc', 'netrpc', '[::1]:1', 'true', '\0', '=', '/', '-1'],
  },
  {
    name: 'hclog',
    run(input) {
      const entries = sameHoweverCut(input, (parts) => {
        const reader = new LogReader();
        return [...parts.flatMap((part) => reader.push(part)), ...reader.end()];
      });
      bounded('messages', entries.map(({ message }) => message).join('').length, input, 6);
    },
    allowed: [],
    seeds: () => [
      Buffer.from(hclog),
      Buffer.from(`{"@level":"info","@message":${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`),
    ],
    words: [
      ...jsonWords,
      '@message',
      '@level',
      '"error"',
      '@timestamp',
      '\n',
      '\r\n',
      '[ERROR]',
      'panic: ',
      'fatal error: ',
    ],
  },
  {
    name: 'lines',
    run(input) {
      const lines = sameHoweverCut(input, (parts) => {
        const splitter = new LineSplitter(32);
        const read = [...parts.flatMap((part) => splitter.push(part)), ...splitter.end()];
        return read.map(({ bytes, kind }) => ({ kind, text: bytes.toString('latin1') }));
      });
      assert.ok(lines.every(({ text }) => text.length <= 32));
      bounded('lines', lines.map(({ text }) => text).join('').length, input, 1, 0);
    },
    allowed: [],
    seeds: () => [
      Buffer.from('a line\nanother\r\na much longer line than any that is kept in one piece\n\nrest'),
    ],
    words: ['\n', '\r\n', '\r'],
  },
  {
    name: 'descriptors',
    async run(input) {
      const { symbols, references } = summarise(input);
      bounded('symbols', symbols.length + references.length, input, 2);
      await schemaOf([input], new Budget());
    },
    allowed: [RangeError],
    seeds: () => [descriptor()],
    words: [
      bytesField(1, 'M'),
      bytesField(6, '.a.M'),
      bytesField(2, 'a.b.c'),
      bytesField(4, ''),
      'proto2',
      '__proto__',
    ],
    longest: 4096,
  },
  {
    name: 'reflection-answer',
    run(input) {
      const { question } = decodeAnswer(input);
      assert.deepEqual(decodeQuestion(encodeQuestion(question)).kind, question.kind);
    },
    allowed: [RangeError],
    seeds: () => [
      bytesField(4, bytesField(1, descriptor())),
      bytesField(6, bytesField(1, bytesField(1, 'a.S'))),
      Buffer.concat([
        bytesField(2, bytesField(7, '*')),
        bytesField(7, Buffer.concat([varintField(1, 5), bytesField(2, 'no')])),
      ]),
    ],
  },
  {
    name: 'reattach',
    run(input) {
      const config = parseReattachConfig(input.toString('utf8'));
      assert.deepEqual(parseReattachConfig(formatReattachConfig(config)), config);
    },
    allowed: [InvalidOptionError],
    seeds: () => [
      Buffer.from(
        '{"Protocol":"grpc","ProtocolVersion":5,"Pid":7,"Test":true,"Addr":{"Network":"unix","String":"/tmp/x"}}',
      ),
    ],
    words: [...jsonWords, '"Addr"', '"Network"', '"String"', '"Protocol"', '"Pid"'],
  },
  {
    name: 'certificate',
    run(input) {
      const decoded = decodeCertificateField(input.toString('base64').replace(/=+$/, ''));
      if (Buffer.isBuffer(decoded)) assert.ok(decoded.equals(input));
    },
    allowed: [],
    seeds: async () => [(await createIdentity()).certificateDer],
  },
  {
    name: 'der',
    run(input) {
      // A reader of its own, of which only the lengths matter.
      const wrapped = sequence(octetString(input), integer(input.length === 0 ? Uint8Array.of(0) : input));
      const outer = contentOf(wrapped);
      const inner = contentOf(outer.content);
      assert.equal(outer.rest.length, 0);
      assert.ok(inner.content.equals(input));
      const number = contentOf(inner.rest);
      assert.equal(number.rest.length, 0);
      assert.ok(((number.content[0] ?? 0xff) & 0x80) === 0);
    },
    allowed: [],
    seeds: () => [Buffer.from('00ff', 'hex'), Buffer.alloc(127, 0x80), Buffer.alloc(300, 1), Buffer.alloc(0)],
  },
];

function contentOf(bytes: Buffer): { content: Buffer; rest: Buffer } {
  const first = bytes[1] ?? 0;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const length = octets === 0 ? first : bytes.readUIntBE(2, octets);
  const start = 2 + octets;
  assert.ok(start + length <= bytes.length);
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}
