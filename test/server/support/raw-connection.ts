/** Connections on which a test sends what no client would, byte by byte if it likes. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Path of a unix socket, or the URL of a server without TLS. */
export function connectTo(at: string): Socket {
  if (!at.startsWith('http:')) return createConnection(at);
  const { hostname, port } = new URL(at);
  return createConnection({ host: hostname, port: Number(port) });
}

export interface RawAnswer {
  readonly text: string;
  /** Of each answer, in their order. */
  readonly statuses: readonly number[];
}

/** Sends the pieces, each as a packet of its own, and reads until the server ends the connection. */
export async function sendRaw(at: string, pieces: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const socket = connectTo(at);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined); // the server may end it with a reset
  const closed = once(socket, 'close');
  await Promise.race([once(socket, 'connect'), closed]);
  socket.setNoDelay(true);
  for (const piece of pieces) {
    if (socket.destroyed) break;
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    await new Promise((resolve) => socket.write(bytes, resolve));
    // A server in this process reads the packet in one of the next turns, before another one follows it.
    for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
  }
  await closed;
  const text = Buffer.concat(chunks).toString('latin1');
  return { text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status)) };
}
