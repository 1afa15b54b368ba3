/** Attacks by messages, streams and connections. */
import { connect as connectTo, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { attackMs, begin, field, flood, frame, head, hold, number, pause, report, serve } from './grpc.ts';

type Attacks = Readonly<Record<string, () => unknown>>;

/** The call lasts as long as the attack on the other stream may. */
async function wait(stream: ServerHttp2Stream): Promise<void> {
  await pause(attackMs);
  report(stream);
}

/** Messages of the broker that the host has no use for. */
function broker(send: (stream: ServerHttp2Stream) => Promise<unknown>): () => unknown {
  return () =>
    serve({
      Get: wait,
      StartStream: async (stream) => {
        begin(stream);
        stream.resume();
        await send(stream);
      },
    });
}

const announcement = (id: number, address: string): Buffer =>
  frame(Buffer.concat([number(1, id), field(2, 'unix'), field(3, address)]));

export const messageAttacks: Attacks = {
  'broker-message': broker(async (stream) => {
    stream.write(frame(Buffer.alloc(0), 48 * 2 ** 20));
    await flood(stream, Buffer.alloc(2 ** 20, Buffer.from([0x30, 0x00])), { bytes: 48 * 2 ** 20 });
  }),
  'broker-huge': broker(async (stream) => {
    stream.write(frame(Buffer.alloc(0), 2 ** 30));
    await flood(stream, Buffer.alloc(2 ** 20, 'x'), { bytes: 2 ** 30 });
  }),
  'broker-announcements': broker(async (stream) => {
    const address = 'a'.repeat(1_000_000);
    const end = Date.now() + attackMs;
    for (let id = 1; id <= 1500 && Date.now() < end; id += 1) {
      const message = announcement(id, address);
      await flood(stream, message, { bytes: message.length, milliseconds: end - Date.now() });
    }
  }),
  'broker-many': broker(async (stream) => {
    const end = Date.now() + attackMs;
    for (let id = 1; id <= 200_000 && Date.now() < end; id += 1) {
      const message = announcement(id, '/run/bulkhead/plugin0000000000');
      await flood(stream, message, { bytes: message.length, milliseconds: end - Date.now() });
    }
  }),
  'reply-huge': () =>
    serve({
      Get: async (stream) => {
        begin(stream);
        stream.write(frame(Buffer.alloc(0), 2 ** 30));
        await flood(stream, Buffer.alloc(2 ** 20, 'x'), { bytes: 2 ** 30 });
      },
    }),
  'reply-nested': () => serve({ Get: (stream) => inOne(stream, 1, Buffer.of(0x0a, 0x00)) }),
  'reply-packed': () => serve({ Get: (stream) => inOne(stream, 1, Buffer.of(0x01), 2) }),
  'reply-headers': () =>
    serve({
      Get: (stream) => {
        const headers = Object.fromEntries(
          Array.from({ length: 3000 }, (_, i) => [`x-${i}`, 'v'.repeat(2000)]),
        );
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers });
        stream.end();
      },
    }),
  'never-reads': () =>
    serve({
      Put: () => undefined,
      Get: report,
    }),
  'call-abandoned': () => serve({ Get: () => process.exit(3) }),
  'health-huge': () =>
    serve({
      Get: report,
      Check: async (stream) => {
        begin(stream);
        stream.write(frame(Buffer.alloc(0), 2 ** 30));
        await flood(stream, Buffer.alloc(2 ** 20, 'x'), { bytes: 2 ** 30 });
      },
    }),
  'reflection-bomb': () => serve({ Get: report, ServerReflectionInfo: reflectionBomb }),
  'broker-connections': () =>
    brokered((path) => {
      for (let opened = 0; opened < 10_000; opened += 1) connect(path).on('error', () => undefined);
    }),
  'broker-streams': () =>
    brokered((path, identity) => {
      const session = connectTo('https://localhost', {
        createConnection: () =>
          connectTls({
            path,
            key: identity.key,
            cert: identity.cert,
            rejectUnauthorized: false,
            ALPNProtocols: ['h2'],
            servername: 'localhost',
          }),
      });
      session.on('error', () => undefined);
      session.once('remoteSettings', () => {
        const limit = Math.min(50_000, session.remoteSettings.maxConcurrentStreams ?? 50_000);
        for (let opened = 0; opened < limit; opened += 1) {
          const stream = session.request({
            ':method': 'POST',
            ':path': '/proto.KV/Get',
            'content-type': 'application/grpc',
            te: 'trailers',
          });
          stream.on('error', () => undefined);
          stream.write(frame(field(1, 'slow')));
        }
      });
    }),
};

/** A reply of 62 MB in whose fields, one in the other, a few bytes stand over and over. */
async function inOne(stream: ServerHttp2Stream, outer: number, bytes: Buffer, inner?: number): Promise<void> {
  const length = 62_000_000;
  const inside = inner === undefined ? Buffer.alloc(0) : head(inner, length);
  const heads = Buffer.concat([head(outer, inside.length + length), inside]);
  begin(stream);
  stream.write(frame(heads, heads.length + length));
  await flood(stream, Buffer.alloc(1_000_000, bytes), { bytes: length, milliseconds: 4 * attackMs });
  stream.end();
}

/** Attacks every socket that the host offers. The call ends when the attack had its time. */
async function brokered(
  attack: (path: string, identity: { key: string; cert: string }) => void,
): Promise<void> {
  const paths: string[] = [];
  let identity = { key: '', cert: '' };
  const made = await serve({
    StartStream: (stream) => {
      hold(stream);
      stream.on('data', (chunk: Buffer) => {
        paths.push(...(/\/[\w./-]+/.exec(chunk.toString('latin1')) ?? []));
      });
    },
    Get: async (stream) => {
      for (let tries = 0; tries < 60 && paths.length === 0; tries += 1) await pause(50);
      for (const path of paths) attack(path, identity);
      await pause(4000);
      report(stream, paths.length === 0 ? ['no socket was offered'] : []);
    },
  });
  identity = { key: made.privateKeyPem, cert: made.certificatePem };
}

/** 16 files of descriptors, each with 6,000 messages of 16 fields, which import each other. */
function reflectionBomb(stream: ServerHttp2Stream): void {
  begin(stream);
  const names = Array.from({ length: 16 }, (_, i) => `f${i}.proto`);
  const files = names.map((name, index) => {
    const one = field(2, Buffer.concat([field(1, 'f'), number(3, 1), number(4, 1), number(5, 5)]));
    const messages = Array.from({ length: 6000 }, (_, i) =>
      field(4, Buffer.concat([field(1, `M${index}_${i}`), one])),
    );
    const method = Buffer.concat([field(1, 'Get'), field(2, '.proto.M0_0'), field(3, '.proto.M0_0')]);
    const service = index === 0 ? [field(6, Buffer.concat([field(1, 'KV'), field(2, method)]))] : [];
    const imports = names.slice(index + 1).map((other) => field(3, other));
    return Buffer.concat([
      field(1, name),
      field(2, 'proto'),
      ...imports,
      ...messages,
      ...service,
      field(12, 'proto3'),
    ]);
  });
  stream.on('data', () => {
    stream.write(frame(field(4, Buffer.concat(files.map((file) => field(1, file))))));
  });
}
