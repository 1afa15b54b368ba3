import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from '../../src/goplugin/output/lines.ts';
import { LogReader, longestLogLine } from '../../src/goplugin/output/log-reader.ts';
import { PluginOutput } from '../../src/goplugin/output/plugin-output.ts';
import { Tail } from '../../src/goplugin/output/tail.ts';
import { createLogger, formatLogLine } from '../../src/goplugin/serve/logger.ts';
import type { LogEntry } from '../../src/goplugin/index.ts';

function splitLines(chunks: readonly Uint8Array[], limit: number): string[] {
  const splitter = new LineSplitter(limit);
  const lines = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  return lines.map(({ kind, bytes }) => `${kind}:${bytes.toString('latin1')}`);
}

function read(text: string): LogEntry[] {
  const reader = new LogReader();
  return [...reader.push(Buffer.from(text)), ...reader.end()];
}

test('finds the same lines wherever the input is cut', () => {
  const text = Buffer.from('one\n\r\ntwo\r\nthis line is longer than the limit\nabcdefgh\nrest');
  const expected = [
    'whole:one',
    'whole:',
    'whole:two',
    'piece:this lin',
    'piece:e is lon',
    'piece:ger than',
    'piece: the lim',
    'piece:it',
    'whole:abcdefgh',
    'rest:rest',
  ];
  assert.deepEqual(splitLines([text], 8), expected);
  for (let cut = 0; cut <= text.length; cut += 1) {
    assert.deepEqual(splitLines([text.subarray(0, cut), text.subarray(cut)], 8), expected, `cut at ${cut}`);
  }
  assert.deepEqual(
    splitLines(
      [...text].map((octet) => Uint8Array.of(octet)),
      8,
    ),
    expected,
  );
});

test('never loses or invents a byte', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 16 }), (input, limit) => {
      const splitter = new LineSplitter(limit);
      const lines = [...input.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
      const out = Buffer.concat(lines.map(({ bytes }) => bytes));
      const bytes = Buffer.concat(input).filter((octet) => octet !== 0x0a && octet !== 0x0d);
      assert.deepEqual(
        [...out].filter((octet) => octet !== 0x0d),
        [...bytes],
      );
      assert.ok(lines.every((line) => line.bytes.length <= limit));
    }),
  );
});

test('understands an hclog line', () => {
  const [entry] = read(
    '{"@level":"WARN ","@message":"low disk","@module":"kv.store","@timestamp":"2026-11-23T10:11:12.123456+01:00","free":12}\n',
  );
  assert.deepEqual(entry, {
    level: 'warn',
    message: 'low disk',
    kind: 'hclog',
    timestamp: new Date('2026-11-23T09:11:12.123Z'),
    fields: { '@module': 'kv.store', free: 12 },
  });
});

const odd: readonly (readonly [what: string, line: string, level: string])[] = [
  ['JSON without a level', '{"@message":"x"}', 'debug'],
  ['the level `all`', '{"@message":"x","@level":"all"}', 'debug'],
  ['a level that is no text', '{"@message":"x","@level":3}', 'debug'],
  ['a timestamp in another layout', '{"@message":"x","@level":"error","@timestamp":"yesterday"}', 'debug'],
  ['JSON that is no object', '[1,2,3]', 'debug'],
  ['broken JSON', '{"@level":"error"', 'debug'],
  ['a line with a tag', '[WARN] low disk', 'warn'],
  ['a tag of another kind', '[ERR] low disk', 'debug'],
  ['a line of Go’s own logger', '2026/11/23 10:11:12 hello', 'debug'],
];

for (const [what, line, level] of odd) {
  test(`takes ${what} for text, as it stands, at ${level}`, () => {
    const [entry, ...more] = read(`${line}\n`);
    assert.deepEqual([entry?.kind, entry?.level, entry?.message, more.length], ['text', level, line, 0]);
  });
}

test('takes a message that is no text for its JSON', () => {
  assert.equal(read('{"@level":"info","@message":{"a":1}}\n')[0]?.message, '{"a":1}');
});

test('takes everything after a panic for its report, except lines that say their level', () => {
  const entries = read(
    'before\npanic: boom\n\ngoroutine 1 [running]:\n[INFO] tagged\n{"@level":"info","@message":"m"}\nmain.go:3\n',
  );
  assert.deepEqual(
    entries.map(({ kind, level }) => `${kind} ${level}`),
    ['text debug', 'panic error', 'panic error', 'panic error', 'text info', 'hclog info', 'panic error'],
  );
});

test('logs a line that is too long in pieces, unread', () => {
  const long = `{"@level":"error","@message":"${'x'.repeat(longestLogLine)}"}`;
  const entries = read(`${long}\n[WARN] next\n`);
  assert.deepEqual(
    entries.map(({ level }) => level),
    ['debug', 'debug', 'warn'],
  );
  const [first, second] = entries;
  assert.equal(`${first?.message}${second?.message}`, long);
});

test('keeps the end of a stream, from the first whole character', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 20 }), (chunks) => {
      const tail = new Tail(64);
      for (const chunk of chunks) tail.push(Buffer.from(chunk));
      const all = chunks.join('');
      assert.ok(all.endsWith(tail.text()), JSON.stringify(tail.text()));
      const bytes = Buffer.byteLength(tail.text());
      assert.ok(bytes <= 64 && bytes >= Math.min(61, Buffer.byteLength(all)));
    }),
  );
});

test('takes certificates and keys out of what it keeps', () => {
  const pem = '-----BEGIN EC PRIVATE KEY-----\nAAAA\nBBBB\n-----END EC PRIVATE KEY-----\n';
  const tail = new Tail(1000);
  tail.push(Buffer.from(`before\n${pem}after`));
  assert.equal(tail.text(), 'before\n[EC PRIVATE KEY removed]\nafter');
  const cut = new Tail(60);
  cut.push(Buffer.from(`${pem}after`));
  assert.equal(cut.text().includes('BBBB'), false);
});

test('takes out a key whose end has not been written yet, and one of which the first lines are gone', () => {
  const tail = new Tail(1000);
  tail.push(Buffer.from('before\n-----BEGIN EC PRIVATE KEY-----\nAAAA\nBB'));
  assert.equal(tail.text(), 'before\n[EC PRIVATE KEY removed]');
  for (let room = 20; room < 80; room += 1) {
    const cut = new Tail(room);
    cut.push(
      Buffer.from(
        '-----BEGIN RSA PRIVATE KEY-----\nKEYKEYKEY\nKEYKEYKEY\n-----END RSA PRIVATE KEY-----\nafter',
      ),
    );
    assert.doesNotMatch(cut.text(), /KEYK/, `${room}: ${cut.text()}`);
  }
});

test('keeps a first line in the tail only when it is no handshake, whose certificate nobody needs', async () => {
  const certificate = 'MIIBcertificate';
  const lines = [`1|1|unix|/tmp/p|grpc|${certificate}\n`, `  1|1|unix|/tmp/p|grpc|${certificate}`];
  for (const line of lines) {
    const output = await outputOf(line);
    assert.equal(await output.firstLine, line.replace('\n', ''));
    assert.equal(output.tail().stdout, '');
  }
  assert.equal((await outputOf('panic: no license\n')).tail().stdout, 'panic: no license\n');
});

async function outputOf(stdout: string): Promise<PluginOutput> {
  const stream = async function* (text: string) {
    yield await Promise.resolve(Buffer.from(text));
  };
  const output = new PluginOutput({ stdout: stream(stdout), stderr: stream('') }, {});
  await output.ended;
  return output;
}

test('writes log lines that it reads back', () => {
  const now = new Date('2026-11-23T10:11:12.345Z');
  const fields = { error: new Error('no space'), big: 2n ** 60n, nested: { a: [1] } };
  const line = formatLogLine('error', 'can not write', 'kv', fields, now);
  assert.deepEqual(read(`${line}\n`), [
    {
      level: 'error',
      message: 'can not write',
      kind: 'hclog',
      timestamp: now,
      fields: { '@module': 'kv', error: 'no space', big: '1152921504606846976', nested: { a: [1] } },
    },
  ]);
});

test('logs what it can of fields that can not be written', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', write: (line) => void lines.push(line) }).with({ request: 7 });
  logger.debug('left out');
  logger.info('kept', { circle });
  logger.warn('and this');
  const [first, second] = read(lines.join(''));
  assert.equal(first?.message, 'kept');
  assert.match(String(first.fields['@warn']), /circular/i);
  assert.deepEqual(second?.fields, { request: 7 });
});
