/** Checks what a client sends before its first frame (RFC 9113, section 3.4). */
import { ConnectionFault } from './errors.ts';
import { clientPreface, errorCode } from './protocol.ts';

export class PrefaceReader {
  #matched = 0;

  get done(): boolean {
    return this.#matched === clientPreface.length;
  }

  /** @returns what follows the preface in this chunk. @throws ConnectionFault when it is not the preface */
  push(chunk: Buffer): Buffer {
    const length = Math.min(chunk.length, clientPreface.length - this.#matched);
    if (clientPreface.compare(chunk, 0, length, this.#matched, this.#matched + length) !== 0)
      throw notHttp2();
    this.#matched += length;
    return chunk.subarray(length);
  }
}

export function notHttp2(): ConnectionFault {
  return new ConnectionFault(errorCode.protocolError, 'the other side does not speak HTTP/2');
}
