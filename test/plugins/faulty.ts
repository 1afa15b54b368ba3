/**
 * A plugin that misbehaves in the way its first argument names; without one it is a key/value plugin, whose key `crash`
 * ends it during the call and whose key `slow` never answers. With `third` it dies in the midst of every third call. The modes are those of go/main.go, without `mlock`.
 *
 * What goes wrong before the handshake goes wrong before anything is imported: in milliseconds, not after the start of a
 * gRPC server.
 */
import { writeSync } from 'node:fs';

const mode = process.argv[2] ?? 'serve';

switch (mode) {
  case 'serve':
    await serveKv();
    break;
  case 'third':
    await serveKv({}, dieAtEveryThird);
    break;
  case 'exit-3':
    process.stderr.write('the license file is missing\n');
    process.exitCode = 3;
    break;
  case 'panic':
    throw new TypeError('the store is corrupt');
  case 'exit-0':
    break;
  case 'garbage':
    process.stdout.write('Welcome to the plugin!\n');
    stayAlive();
    break;
  case 'silent':
    stayAlive();
    break;
  case 'core-2':
    process.stdout.write('2|1|unix|/tmp/plugin|grpc|\n');
    stayAlive();
    break;
  case 'stubborn':
    process.on('SIGTERM', () => undefined);
    stayAlive();
    await serveKv({ exit: false }); // returns when it is told to shut down
    break;
  default:
    process.stderr.write(`unknown mode ${JSON.stringify(mode)}\n`);
    process.exitCode = 64;
}

async function serveKv(
  options: { exit?: boolean } = {},
  before: (key: string) => void | Promise<void> = misbehave,
): Promise<void> {
  const { serve } = await import('../../src/goplugin/serve/serve.ts');
  const { kvService } = await import('./kv-service.ts');
  await serve({
    handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
    protocolVersions: [1],
    services: [kvService(before)],
    ...options,
  });
}

async function misbehave(key: string): Promise<void> {
  if (key === 'crash') {
    writeSync(2, 'the store is corrupt\n'); // process.stderr leads to the host through gRPC by now
    process.exit(7);
  }
  if (key === 'slow') {
    stayAlive();
    await new Promise(() => undefined);
  }
}

let begun = 0;

/** Says which request it has begun, and dies in the midst of every third. */
function dieAtEveryThird(key: string): void {
  writeSync(2, `served ${key}\n`);
  begun += 1;
  if (begun % 3 === 0) process.exit(7);
}

function stayAlive(): void {
  setInterval(() => undefined, 3_600_000);
}
