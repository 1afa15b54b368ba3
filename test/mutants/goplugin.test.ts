/** What a plugin writes and asks for: what is kept of it, and how much. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { EventEmitter, once } from 'node:events';
import { addServices } from '../../src/goplugin/grpc/server/handlers.ts';
import { service } from '../../src/goplugin/index.ts';
import { socketFile } from '../../src/goplugin/grpc/connection/socket-file.ts';
import { limits } from '../../src/goplugin/limits.ts';
import { PluginOutput } from '../../src/goplugin/output/plugin-output.ts';
import { Tail } from '../../src/goplugin/output/tail.ts';
import { Budget } from '../../src/goplugin/reflection/budget.ts';
import { schemaOf } from '../../src/goplugin/reflection/schema.ts';
import { Prints } from '../../src/goplugin/serve/prints.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { bytesField } from '../../src/goplugin/wire/protobuf.ts';
import { encodeHeader } from '../../src/goplugin/yamux/frame.ts';
import { YamuxSession } from '../../src/goplugin/yamux/session.ts';
import { socketPair } from '../goplugin/fixtures/sockets.ts';

describe('the kept end of an output', () => {
  const kept = (text: string, limit?: number) => {
    const tail = new Tail(limit);
    tail.push(Buffer.from(text));
    return tail.text();
  };

  it('holds no key, whether it is whole, ends in the midst of it, or begins there', () => {
    const block = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
    assert.equal(kept(`before\n${block}after`), 'before\n[PRIVATE KEY removed]\nafter');
    assert.equal(kept(`before\n${block.slice(0, 50)}`), 'before\n[PRIVATE KEY removed]');
    assert.doesNotMatch(kept(`${block}after`, 45), /c2Vjc/);
  });

  it('holds no handshake line, in which a certificate is, and holds any other first line', async () => {
    const outputOf = async (stdout: string) => {
      const output = new PluginOutput({ stdout: from(stdout), stderr: from('') }, {});
      await output.ended;
      return output.tail().stdout;
    };
    assert.equal(await outputOf('1|1|unix|/tmp/plugin|grpc|Y2VydGlmaWNhdGU\nprinted\n'), 'printed\n');
    assert.equal(await outputOf('Welcome!\nprinted\n'), 'Welcome!\nprinted\n');
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- the streams of a plugin are asynchronous
async function* from(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield Buffer.from(text);
}

it('keeps a field that is called __proto__ for a field', async () => {
  const field = bytesField(1, '__proto__');
  const message = Buffer.concat([
    bytesField(1, 'M'),
    bytesField(2, Buffer.concat([field, Buffer.from([0x18, 1, 0x20, 1, 0x28, 9])])),
  ]);
  const file = Buffer.concat([bytesField(1, 'x.proto'), bytesField(4, message), bytesField(12, 'proto3')]);
  let schema: object;
  try {
    schema = await schemaOf([file], new Budget());
  } catch (error) {
    assert.ok(error instanceof RangeError); // a name that no .proto file could have may be refused
    return;
  }
  const { nested } = schema as { nested: Record<string, { fields: Record<string, object> }> };
  assert.deepEqual(Object.keys(nested['M']?.fields ?? {}), ['__proto__']);
  assert.equal(({} as Record<string, unknown>)['id'], undefined);
});

it('drops prints that nobody reads above the limit, and tells how many bytes', async () => {
  let dropped = 0;
  const prints = new Prints((bytes) => (dropped += bytes));
  const streams = [0, 1].map(
    () =>
      new Writable({
        write: (_chunk, _encoding, done) => {
          done();
        },
      }),
  );
  const [stdout, stderr] = streams as unknown as [NodeJS.WriteStream, NodeJS.WriteStream];
  prints.redirect(stdout, stderr);
  const piece = Buffer.alloc(64 * 1024, 'x');
  const pieces = 2 * Math.ceil(limits.heldPrintBytes.value / piece.length);
  for (let sent = 0; sent < pieces; sent += 1) stdout.write(piece);
  prints.finish();
  let read = 0;
  for await (const { data } of prints.read(new AbortController().signal)) read += data.length;
  assert.ok(read <= limits.heldPrintBytes.value, `${read} bytes were held`);
  assert.equal(read + dropped, pieces * piece.length);
});

it('holds no descriptor of what is no socket', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'));
  const file = join(folder, 'file');
  await writeFile(file, '');
  const count = async () => (await readdir('/proc/self/fd')).length;
  const before = await count();
  for (let turn = 0; turn < 40; turn += 1) await assert.rejects(socketFile(file), /no socket/);
  assert.ok((await count()) <= before + 2, `${await count()} descriptors, ${before} before`);
  const server = createServer().listen(join(folder, 'socket'));
  await once(server, 'listening');
  await (await socketFile(join(folder, 'socket')))[Symbol.asyncDispose]();
  assert.ok((await count()) <= before + 3);
  server.close();
  await rm(folder, { recursive: true });
});

it('makes certificates that a clock which is half a minute behind accepts', async () => {
  const { certificatePem } = await createIdentity();
  const { validFrom } = new X509Certificate(certificatePem);
  const early = Date.now() - new Date(validFrom).getTime();
  assert.ok(early >= 29_000 && early < 120_000, `${early} ms`);
});

it(
  'resets the oldest of the streams that linger half-closed, above their limit',
  { timeout: 20_000 },
  async () => {
    const [near, far] = await socketPair();
    const session = new YamuxSession(near, { role: 'client', onStream: () => undefined });
    const resets: number[] = [];
    const most = limits.lingeringStreams.value;
    far.on('data', (bytes: Buffer) => {
      for (let at = 0; at + 12 <= bytes.length; at += 12) {
        const flags = bytes.readUInt16BE(at + 2);
        const id = bytes.readUInt32BE(at + 4);
        if (flags & 1) far.write(encodeHeader({ type: 1, flags: 2, streamId: id, length: 0 }));
        if (flags & 8) resets.push(id);
      }
    });
    const first = session.open();
    first.resume();
    for (let stream = first, left = most + 1; left > 0; left -= 1, stream = session.open()) {
      stream.on('error', () => undefined);
      stream.resume();
      stream.end();
      await once(stream, 'finish');
      stream.destroy();
      await once(stream, 'close');
    }
    while (resets.length === 0) await new Promise(setImmediate);
    assert.ok(resets.length >= 1);
    session.close();
    far.destroy();
  },
);

it('asks a streaming plugin for no further reply while its reader is slow', async () => {
  let made = 0;
  const definition = {
    Count: {
      path: '/a.B/Count',
      requestStream: false as const,
      responseStream: true as const,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: () => ({}),
      responseSerialize: () => Buffer.alloc(0),
      responseDeserialize: () => ({}),
    },
  };
  const counting = service(definition, {
    // eslint-disable-next-line @typescript-eslint/require-await -- the replies of a stream are asynchronous
    async *count() {
      for (; made < 100; made += 1) yield {};
    },
  });
  let handlers: Record<string, (call: unknown) => void> = {};
  addServices({ addService: (_: unknown, added: typeof handlers) => (handlers = added) } as never, [
    counting,
  ]);
  const written: unknown[] = [];
  const call = Object.assign(new EventEmitter(), {
    cancelled: false,
    request: {},
    metadata: { getMap: () => ({}), get: () => [], toJSON: () => ({}), internalRepr: new Map() },
    getDeadline: () => Infinity,
    getPeer: () => '',
    write: (message: unknown) => written.push(message) < 0,
    end: () => call.emit('finish'),
  });
  handlers['Count']?.(call);
  const turns = async () => {
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  };
  await turns();
  assert.equal(written.length, 1);
  call.emit('drain');
  await turns();
  assert.equal(written.length, 2);
  assert.ok(made <= 2, `${made} replies were made`);
  call.cancelled = true;
  call.emit('cancelled');
});
