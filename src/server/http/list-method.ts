/**
 * Lets clients send Vault's method LIST. The parser of Node.js refuses methods that it does not know, so the first bytes of
 * a request are changed before it sees them: LIST becomes LINK, which is as long, which it knows, and which nobody uses.
 * Where a request begins is for the parser alone to say, so a LIST in the same packet as the request before it is refused:
 * no client sends that.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** What the parser says for LIST. */
export const listMethod = 'LINK';

/** What the wire has in its place. */
const sentMethod = 'LIST';

interface Reading {
  /** The request that the parser has seen last. */
  last: IncomingMessage | undefined;
  /** How many bytes of the method LIST have arrived for the next one; undefined when it has another one. */
  matched: number | undefined;
}

/** @param event the event with which the server takes connections */
export function acceptList(server: Server, event: 'connection' | 'secureConnection'): void {
  const connections = new WeakMap<Socket, Reading>();
  server.prependListener(event, (socket: Socket) => {
    const reading: Reading = { last: undefined, matched: 0 };
    connections.set(socket, reading);
    // It listens before the parser does, and changes the bytes that the parser is given next.
    socket.on('data', (chunk: Buffer) => {
      if (reading.last?.complete ?? true) rename(reading, chunk);
    });
  });
  server.on(event, (socket: Socket) => {
    // The parser reads past the events of a socket until somebody else listens to them.
    socket.on('data', () => undefined);
  });
  server.prependListener('request', (message: IncomingMessage) => {
    const reading = connections.get(message.socket);
    if (reading === undefined) return;
    reading.last = message;
    reading.matched = 0;
  });
}

/** The method may arrive byte by byte, after empty lines, which the parser allows in front of it. */
function rename(reading: Reading, chunk: Buffer): void {
  for (let at = 0; at < chunk.length && reading.matched !== undefined; at += 1) {
    const byte = String.fromCharCode(chunk[at] ?? 0);
    const { matched } = reading;
    if (matched === 0 && (byte === '\r' || byte === '\n')) continue;
    if (byte === sentMethod[matched]) {
      chunk.write(listMethod[matched] ?? '', at, 'latin1');
      reading.matched = matched + 1 < sentMethod.length ? matched + 1 : undefined;
      continue;
    }
    // LIS has become LIN, which another letter must not make LINK.
    if (matched === 3) chunk[at] = 0;
    reading.matched = undefined;
  }
}
