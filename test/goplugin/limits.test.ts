/** The table of limits is what the code does; the option takes what it says. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { format, resolveConfig } from 'prettier';
import { InvalidOptionError } from '../../src/errors.ts';
import {
  checkMaxMessageBytes,
  limits,
  longestMessage,
  messageLimit,
  type ResourceLimit,
} from '../../src/goplugin/limits.ts';

const readme = new URL('../../src/goplugin/README.md', import.meta.url);

function amount({ value, unit }: ResourceLimit): string {
  if (unit === 'ms') return `${value / 1000} s`;
  if (unit === 'number') return value.toLocaleString('en');
  return value >= 1024 * 1024 ? `${value / 1024 / 1024} MiB` : `${value / 1024} KiB`;
}

test('the README of the room has the table of all limits', async () => {
  const rows = Object.entries<ResourceLimit>(limits).map(
    ([name, limit]) => `| \`${name}\` | ${amount(limit)} | ${limit.what} | ${limit.beyond} |`,
  );
  const table = ['| limit | value | of what | beyond it |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const text = await readFile(readme, 'utf8');
  const wanted = await format(
    text.replace(
      /(<!-- limits -->\n)[\s\S]*(<!-- \/limits -->)/,
      (_all, start: string, end: string) => `${start}\n${table}\n\n${end}`,
    ),
    { ...(await resolveConfig(readme)), parser: 'markdown' },
  );
  if (process.env['UPDATE_README'] !== undefined) await writeFile(readme, wanted);
  else assert.equal(text, wanted, 'run this file with UPDATE_README=1');
});

test('every limit is used by name in the code', async () => {
  const files = [
    'grpc/connection/connection-limits.ts',
    'grpc/client/http2-channel.ts',
    'grpc/held-bytes.ts',
    'grpc/server/intake.ts',
    'grpc/message-reader.ts',
    'grpc/server/server.ts',
    'grpc/connection/tls-connection.ts',
    'broker/announcements.ts',
    'broker/knock-acceptor.ts',
    'broker/outgoing.ts',
    'wire/bounded-decoding.ts',
    'yamux/session.ts',
    'serve/prints.ts',
    'limits.ts',
  ];
  const code = await Promise.all(
    files.map((file) => readFile(new URL(`../../src/goplugin/${file}`, import.meta.url), 'utf8')),
  );
  for (const name of Object.keys(limits)) {
    const uses = code
      .join('\n')
      .match(new RegExp(`limits\\.${name}\\b|'${name}'|{[^}]*\\b${name}\\b[^}]*} = limits`, 'g'));
    assert.ok(uses, `${name} is used`);
  }
});

test("the longest message is an option, and of go-plugin's own streams it is not", () => {
  assert.equal(checkMaxMessageBytes(undefined), 65 * 1024 * 1024);
  assert.equal(checkMaxMessageBytes('unlimited'), longestMessage);
  assert.equal(checkMaxMessageBytes(1), 1);
  for (const wrong of [0, -1, 1.5, NaN, longestMessage + 1, '64' as unknown as number]) {
    assert.throws(() => checkMaxMessageBytes(wrong), InvalidOptionError);
  }
  assert.deepEqual(messageLimit('/proto.KV/Get', 5), { name: 'maxMessageBytes', bytes: 5 });
  assert.deepEqual(messageLimit('/plugin.GRPCBroker/StartStream', longestMessage), {
    name: 'brokerMessageBytes',
    bytes: 64 * 1024,
  });
});
