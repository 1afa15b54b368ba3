import type { Socket } from 'node:net';
import { BulkheadError } from '../../errors.ts';

/** How long a connection may take to send its request. */
const requestMs = 10_000;

/**
 * Reads the one line that a command sends. What comes after it is left out.
 *
 * @throws BulkheadError `INVALID_OPTION` for a line that is longer than `mostBytes`
 */
export async function readRequestLine(socket: Socket, mostBytes: number): Promise<string> {
  const late = setTimeout(() => socket.destroy(), requestMs);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > mostBytes) throw new BulkheadError('INVALID_OPTION', 'the request is too long');
      if (chunk.includes(0x0a)) break;
    }
  } finally {
    clearTimeout(late);
  }
  const [line = ''] = Buffer.concat(chunks).toString('utf8').split('\n');
  return line;
}
