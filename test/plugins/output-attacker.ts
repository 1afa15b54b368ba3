/**
 * A plugin that attacks whoever reads what it writes. Its first argument names what it does before anything else, and with
 * `vault` or none it serves a key/value store, whose keys name further attacks.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [mode = 'serve'] = process.argv.slice(2);

if (mode === 'names') {
  makeNames(Number(process.argv[3] ?? 100_000));
  writeSync(2, 'the names are made\n');
  process.exitCode = 3;
} else if (mode === 'say') {
  writeSync(2, `${process.argv.slice(3).join(' ')} ${process.env['TOKEN'] ?? ''}\n`);
  process.exitCode = 4;
} else if (mode === 'silent') {
  setInterval(() => undefined, 3_600_000);
} else if (mode === 'escapes') {
  writeSync(2, '\u001b[2J\u009b31m\u061c\u200b\u200f\u2028\u202e the end\n');
  process.exitCode = 5;
} else {
  await serveStore();
}

async function serveStore(): Promise<void> {
  const { serve } = await import('../../src/goplugin/serve/serve.ts');
  const { kvService } = await import('./kv-service.ts');
  const handshake =
    mode === 'vault'
      ? {
          magicCookieKey: 'VAULT_BACKEND_PLUGIN',
          magicCookieValue: '6669da05-b1c8-4f49-97d9-c8e5bed98e20',
        }
      : { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };
  await serve({
    handshake,
    protocolVersions: [mode === 'vault' ? 5 : 1],
    services: [kvService(attack)],
  });
}

function attack(key: string): void {
  if (key === 'log-bomb') for (const line of bombs()) writeAll(`${line}\n`);
  if (key.startsWith('log-flood ')) flood(Number(key.slice('log-flood '.length)));
  if (key.startsWith('write ')) writeAll(`${key.slice('write '.length)}\n`);
}

/** Lines that are made to break their reader, and one that tells whether it lives. */
function bombs(): string[] {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  return [
    `{"@level":"info","@message":${deep}}`,
    `{"@level":"info","@message":"m","f":${deep}}`,
    '{"@level":"info","@message":"m","__proto__":{"polluted":1},"f":1e999}',
    '{"@level":"info","@message":"\\ud800","@timestamp":"2026-02-30T00:00:00.000000Z"}',
    'x'.repeat(1024 * 1024),
    '\u0000\ufffd\u001b[2J',
    '{"@level":"info","@message":"the reader lives"}',
  ];
}

function flood(mebibytes: number): void {
  const line = `${'x'.repeat(16 * 1024 - 1)}\n`;
  for (let at = 0; at < mebibytes * 64; at += 1) writeAll(line);
}

/** The pipe of a busy engine is full now and then. */
function writeAll(text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** As many as there is room for. */
function makeNames(count: number): void {
  const folder = process.env['PLUGIN_UNIX_SOCKET_DIR'] ?? '';
  try {
    for (let at = 0; at < count; at += 1) writeFileSync(join(folder, `${'n'.repeat(220)}${at}`), '');
  } catch {
    // The folder is full.
  }
}
