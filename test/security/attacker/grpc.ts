/**
 * A plugin that speaks gRPC by hand, without any library, so that it can say what no library would. It answers what a
 * host needs to believe that it is a plugin: health, the end, calls; and leaves everything else to the attack.
 */
import { once } from 'node:events';
import { chmodSync, chownSync } from 'node:fs';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createIdentity, type Identity } from '../../../src/goplugin/tls/identity.ts';

export const folder = process.env['PLUGIN_UNIX_SOCKET_DIR'] ?? '/tmp';
export const socketPath = `${folder}/plugin${process.pid}${Date.now()}`;

/** How long an attack that has no end of its own lasts. */
export const attackMs = 4000;

/** What a stream of the host's is answered with; by the last part of its path. */
export type Handlers = Readonly<Record<string, (stream: ServerHttp2Stream) => void | Promise<void>>>;

export interface Line {
  readonly address?: string;
  readonly certificate?: string;
  /** Done when the socket listens, and before the host is told of it. */
  readonly before?: () => void;
}

/** Serves, and prints the handshake line, as it should be or as given. */
export async function serve(handlers: Handlers, line: Line = {}): Promise<Identity> {
  const identity = await createIdentity();
  const server = createSecureServer({
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 2 ** 31 - 1 },
  });
  server.on('error', () => undefined).on('sessionError', () => undefined);
  server.on('session', (session) => session.on('error', () => undefined));
  const all: Handlers = { Check: healthy, Shutdown: end, StreamStdio: hold, StartStream: hold, ...handlers };
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const name = String(headers[':path']).split('/').at(-1) ?? '';
    void Promise.resolve(all[name]?.(stream)).catch(() => undefined);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  share(socketPath);
  line.before?.();
  const certificate = identity.certificateDer.toString('base64').replace(/=+$/, '');
  printLine(line.address ?? socketPath, line.certificate ?? certificate);
  return identity;
}

export function printLine(address: string, certificate: string): void {
  process.stdout.write(`1|1|unix|${address}|grpc|${certificate}|false\n`);
}

function share(path: string): void {
  const group = Number(process.env['PLUGIN_UNIX_SOCKET_GROUP'] ?? '');
  if (Number.isSafeInteger(group) && group > 0) chownSync(path, -1, group);
  chmodSync(path, 0o660);
}

/** A message in its frame: a byte that says that it is not compressed, and its length. */
export function frame(message: Uint8Array, saidLength = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(saidLength, 1);
  return Buffer.concat([head, message]);
}

/** A protobuf field with bytes in it. */
export function field(number: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([head(number, bytes.length), bytes]);
}

/** What stands before the bytes of such a field. */
export function head(number: number, length: number): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(length)]);
}

export function number(fieldNumber: number, value: number): Buffer {
  return Buffer.concat([varint(fieldNumber << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

export function begin(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
}

export function reply(stream: ServerHttp2Stream, message: Uint8Array): void {
  begin(stream);
  stream.end(frame(message));
}

/** The reply to a call: what the attack has to report. */
export function report(stream: ServerHttp2Stream, gained: readonly string[] = []): void {
  reply(stream, field(1, JSON.stringify(gained)));
}

/** Writes as fast as the host takes it, at most for so long. Returns how many bytes it took. */
export async function flood(
  stream: ServerHttp2Stream,
  piece: Uint8Array,
  { bytes, milliseconds = attackMs }: { bytes: number; milliseconds?: number },
): Promise<number> {
  const end = Date.now() + milliseconds;
  let sent = 0;
  while (sent < bytes && Date.now() < end && !stream.destroyed) {
    if (!stream.write(piece))
      await Promise.race([once(stream, 'drain'), once(stream, 'close'), pause(end - Date.now())]);
    sent += piece.length;
  }
  return sent;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

function healthy(stream: ServerHttp2Stream): void {
  reply(stream, number(1, 1));
}

function end(stream: ServerHttp2Stream): void {
  reply(stream, Buffer.alloc(0));
  stream.once('close', () => process.exit(0));
}

export function hold(stream: ServerHttp2Stream): void {
  begin(stream);
  stream.resume();
}
