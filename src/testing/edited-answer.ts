/** Holds an answer back until it is whole, and changes the JSON in it. An answer without JSON passes as it is. */
export class EditedAnswer {
  readonly #edit: (json: unknown) => unknown;
  #held = Buffer.alloc(0);
  #passes = false;

  constructor(edit: (json: unknown) => unknown) {
    this.#edit = edit;
  }

  /** Returns what to pass on now: nothing until the answer is complete. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#passes) return bytes;
    this.#held = Buffer.concat([this.#held, bytes]);
    const end = this.#held.indexOf('\r\n\r\n');
    if (end < 0) return new Uint8Array();
    const head = this.#held.toString('latin1', 0, end);
    if (!hasBody(head)) return this.#asItIs();
    const body = wholeBody(head, this.#held.subarray(end + 4));
    if (body === undefined) return new Uint8Array();
    let json: unknown;
    try {
      json = JSON.parse(body.toString());
    } catch {
      return this.#asItIs();
    }
    const text = JSON.stringify(this.#edit(json));
    const kept = head.split('\r\n').filter((line) => !/^(content-length|transfer-encoding):/i.test(line));
    this.#held = Buffer.alloc(0);
    return Buffer.from(`${kept.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #asItIs(): Uint8Array {
    this.#passes = true;
    return this.#held;
  }
}

/** Whether a body follows whose end can be known; none does after an upgrade, or with a status without content. */
function hasBody(head: string): boolean {
  if (/^HTTP\/1\.1 (?:1\d\d|204|304)\b/.test(head)) return false;
  return /^content-length: *\d+$/im.test(head) || /^transfer-encoding: *chunked$/im.test(head);
}

/** Returns the body of an answer that has a length or comes in chunks; `undefined` while part of it is missing. */
function wholeBody(head: string, rest: Buffer): Buffer | undefined {
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return rest.length >= Number(length) ? rest : undefined;
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = rest.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    if (!(size >= 0)) return rest;
    if (rest.length < line + 2 + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
