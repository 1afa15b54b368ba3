/**
 * Lets clients send Vault's method LIST. The parser of Node.js refuses methods that it does not know, so the first bytes of
 * a request are changed before it sees them: LIST becomes LINK, which is as long, which it knows, and which nobody uses.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** What the parser says for LIST. */
export const listMethod = 'LINK';

interface Reading {
  /** The request that the parser has seen last. */
  last: IncomingMessage | undefined;
  /** Whether the headers of the next one have begun to arrive. */
  begun: boolean;
}

/** @param event the event with which the server takes connections */
export function acceptList(server: Server, event: 'connection' | 'secureConnection'): void {
  const connections = new WeakMap<Socket, Reading>();
  server.prependListener(event, (socket: Socket) => {
    const reading: Reading = { last: undefined, begun: false };
    connections.set(socket, reading);
    // It listens before the parser does, and changes the bytes that the parser is given next.
    socket.on('data', (chunk: Buffer) => {
      const isStart = !reading.begun && (reading.last?.complete ?? true);
      if (!isStart) return;
      reading.begun = true;
      if (chunk.toString('latin1', 0, 5) === 'LIST ') chunk.write(listMethod, 0, 'latin1');
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
    reading.begun = false;
  });
}
