/** Reads the answers of a host, which are lines, in bounded memory. */
import type { Readable } from 'node:stream';
import { BulkheadError } from '../../errors.ts';

/** Most bytes of what a host says about everything that it runs. A thousand instances need about one mebibyte. */
export const longestState = 16 * 1024 * 1024;
/** Most bytes of one answer: a reply of the plugin as JSON, which is longer than the message itself. */
export const longestAnswer = 256 * 1024 * 1024;

/**
 * Yields the lines without their line feeds. What follows the last line feed is an answer that was cut off, and is left
 * out.
 *
 * @throws BulkheadError `HOST_SILENT` for a line longer than `mostBytes`; the error of the stream
 */
export async function* answerLines(source: Readable, mostBytes: number): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      yield Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8');
      held = [];
      size = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) continue;
    held.push(rest);
    size += rest.length;
    if (size > mostBytes)
      throw new BulkheadError('HOST_SILENT', `it sent more than ${mostBytes} bytes without an end`);
  }
}
