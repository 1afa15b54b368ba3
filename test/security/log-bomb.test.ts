/** Lines on a plugin's stderr that are made to break whoever reads them: the reader goes on, whatever comes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { keptCharacters, keptLines, PluginLog } from '../../src/host/instances/plugin-log.ts';
import { LogReader, longestLogLine } from '../../src/goplugin/output/log-reader.ts';
import { PluginOutput } from '../../src/goplugin/output/plugin-output.ts';
import type { LogEntry } from '../../src/goplugin/index.ts';

const limits = { timeout: 60_000 };

function hclog(rest: string): string {
  return `{"@level":"info",${rest}}`;
}

const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const deepObject = `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`;

const noEntries: Readonly<Record<string, string>> = {
  'a message that is nested 20,000 deep': hclog(`"@message":${deep}`),
  'a field that is nested 20,000 deep': hclog(`"@message":"m","f":${deep}`),
  'objects that are nested 8,000 deep': hclog(`"@message":"m","f":${deepObject}`),
  'a line that is nothing but nested': deepObject,
  'a field that replaces the prototype': hclog('"@message":"m","__proto__":{"polluted":1}'),
  'one that does so further in': hclog('"@message":"m","f":[{"__proto__":{"polluted":1}}]'),
  'a number beyond a double': hclog('"@message":"m","f":1e999'),
  'a number below a double': hclog('"@message":"m","f":{"g":[-1e999]}'),
  'a timestamp that is no date': hclog('"@message":"m","@timestamp":"2026-02-30T10:11:12.123456Z"'),
  'an hour that is none': hclog('"@message":"m","@timestamp":"2026-02-20T24:00:00.000000Z"'),
  'an offset that is none': hclog('"@message":"m","@timestamp":"2026-02-20T10:11:12.123456+99:00"'),
  'a timestamp that is an object': hclog('"@message":"m","@timestamp":{"toString":1}'),
  'an unknown level': '{"@level":"fatal","@message":"m"}',
  'a level that is an object': '{"@level":{"trim":1},"@message":"m"}',
  'a level that is the name of a property': '{"@level":"constructor","@message":"m"}',
  'a zero byte': hclog('"@message":"a\u0000b"'),
};

for (const [what, line] of Object.entries(noEntries)) {
  test(`takes ${what} for text, and reads on`, () => {
    const entries = read([Buffer.from(`${line}\n${hclog('"@message":"next"')}\n`)]);
    assert.deepEqual([entries[0]?.kind, entries[0]?.message, entries[0]?.fields], ['text', line, {}]);
    assert.deepEqual([entries.length, entries.at(-1)?.message], [2, 'next']);
  });
}

test('keeps entries whose texts are damaged, and what is no character comes as U+FFFD', () => {
  const [halves, bytes, message, none] = read([
    Buffer.from(`${hclog('"@message":"a\\ud800b","\\udc00":["\\ud83d"]')}\n`),
    Buffer.concat([Buffer.from('{"@level":"info","@message":"'), Buffer.of(0xff, 0xc3), Buffer.from('"}\n')]),
    Buffer.from(`${hclog('"@message":{"a":[1]}')}\n${hclog('"f":1')}\n`),
  ]);
  assert.deepEqual([halves?.message, halves?.fields], ['a\ufffdb', { '\ufffd': ['\ufffd'] }]);
  assert.deepEqual([bytes?.kind, bytes?.message], ['hclog', '\ufffd\ufffd']);
  assert.equal(message?.message, '{"a":[1]}');
  assert.deepEqual([none?.message, none?.fields], ['', { f: 1 }]);
});

test('reads a line of 64 MiB without an end in pieces, and keeps none of it', limits, () => {
  const reader = new LogReader();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let characters = 0;
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 64; at += 1) {
    for (const { kind, message } of reader.push(chunk)) {
      assert.ok(kind === 'text' && message.length <= longestLogLine);
      characters += message.length;
    }
  }
  for (const { message } of reader.end()) characters += message.length;
  assert.equal(characters, 64 * 1024 * 1024);
  assert.ok(process.memoryUsage().heapUsed - before < 200 * 1024 * 1024);
});

test('bounds what is kept of a million fields and of huge arrays', limits, () => {
  const log = new PluginLog();
  const fields = Array.from({ length: 6_000 }, (_, at) => `"f${at}":0`).join(',');
  const zeros = Array.from({ length: 30_000 }, () => '0').join(',');
  const reader = new LogReader();
  for (let round = 0; round < 170; round += 1) {
    const lines = `${hclog(`"@message":"m",${fields}`)}\n${hclog(`"@message":"m","f":[${zeros}]`)}\n`;
    for (const entry of reader.push(Buffer.from(lines))) log.logged(1, entry);
  }
  bounded(log);
});

test('bounds what is kept of prints without line feeds, of nothing but line feeds, and of many lives', () => {
  const log = new PluginLog();
  for (let generation = 1; generation <= 300; generation += 1) {
    log.printed(generation, { stream: 'stdout', data: Buffer.alloc(100_000, 'x') });
    log.printed(generation, { stream: 'stderr', data: Buffer.alloc(10_000, '\n') });
  }
  bounded(log);
  const { stdout, stderr } = log.tail(300);
  assert.ok(stdout.length + stderr.length <= 16 * 1024);
});

const listeners: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('\u001b[2Jthrown');
  },
  'throws nothing that has a text': () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is what users may do
    throw Object.create(null) as object;
  },
  'rejects later': () => Promise.reject(new Error('\u001b[2Jrejected')),
};

for (const [what, listener] of Object.entries(listeners)) {
  test(`reads to the end for a listener that ${what}, and warns once`, limits, async () => {
    const warned = once(process, 'warning');
    let told = 0;
    const output = new PluginOutput(
      { stdout: stream(), stderr: stream('one\n', `${hclog(`"@message":${deep}`)}\n`, 'three\n') },
      {
        onLog: () => {
          told += 1;
          return listener() as undefined;
        },
      },
    );
    await output.ended;
    assert.equal(told, 3);
    assert.ok(output.tail().stderr.endsWith('three\n'));
    const [warning] = (await warned) as [Error];
    assert.equal(warning.name, 'BulkheadWarning');
    assert.ok(!warning.message.includes('\u001b'));
  });
}

test('tells the other followers of a log when one throws', () => {
  const log = new PluginLog();
  const seen: string[] = [];
  log.follow(() => {
    throw new Error('thrown');
  });
  log.follow(({ text }) => seen.push(text));
  for (const message of ['a', 'b']) {
    log.logged(1, { level: 'info', message, kind: 'text', timestamp: undefined, fields: {} });
  }
  assert.deepEqual(seen, ['a', 'b']);
});

test('makes an entry of every line, whatever its bytes, that can be written as JSON', limits, () => {
  const json = fc.json({ maxDepth: 50 }).map((value) => hclog(`"@message":"m","f":${value}`));
  const lines = fc.array(fc.oneof(json, fc.string({ unit: 'binary' }), fc.json()), { maxLength: 10 });
  fc.assert(
    fc.property(lines, (given) => {
      const bytes = Buffer.from(given.map((line) => `${line.replaceAll('\n', ' ')}\n`).join(''));
      const entries = read([bytes]);
      assert.equal(entries.length, given.length);
      const log = new PluginLog();
      for (const entry of entries) {
        JSON.stringify(entry);
        encodeURIComponent(entry.message);
        assert.equal(Object.getPrototypeOf(Object.assign({}, entry.fields)), Object.prototype);
        log.logged(1, entry);
      }
    }),
  );
});

function read(chunks: readonly Uint8Array[]): LogEntry[] {
  const reader = new LogReader();
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

function bounded(log: PluginLog): void {
  const lines = log.lines();
  assert.ok(lines.length <= keptLines, `${lines.length} lines`);
  const characters = lines.reduce((sum, { text }) => sum + text.length, 0);
  assert.ok(characters <= keptCharacters, `${characters} characters`);
}

async function* stream(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
