/** The headers with which a call begins (gRPC: PROTOCOL-HTTP2.md). */
import { CommonFields, type HpackEncoder } from '../../http2/hpack-encoder.ts';
import type { Fields } from '../../http2/fields.ts';

/** Paths come from definitions; so many are kept ready. */
const mostKept = 1024;

export class RequestHeaders {
  readonly #scheme: string;
  readonly #authority: string;
  readonly #kept = new Map<string, CommonFields>();

  constructor(scheme: 'http' | 'https', authority: string) {
    this.#scheme = scheme;
    this.#authority = authority;
  }

  /** @param others metadata and deadline */
  block(encoder: HpackEncoder, path: string, others: Fields): Buffer {
    let common = this.#kept.get(path);
    if (common === undefined) {
      if (this.#kept.size >= mostKept) this.#kept.clear();
      common = new CommonFields([
        ...[':method', 'POST', ':scheme', this.#scheme, ':path', path, ':authority', this.#authority],
        ...['te', 'trailers', 'content-type', 'application/grpc', 'user-agent', 'bulkhead'],
      ]);
      this.#kept.set(path, common);
    }
    return encoder.encode(common, others);
  }
}
