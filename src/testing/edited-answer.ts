/** Holds an answer back until it is whole, and changes the JSON in it. */
export class EditedAnswer {
  readonly #edit: (json: unknown) => unknown;
  #held = Buffer.alloc(0);

  constructor(edit: (json: unknown) => unknown) {
    this.#edit = edit;
  }

  /** Returns what to pass on now: nothing until the answer is complete. */
  push(bytes: Uint8Array): Uint8Array {
    this.#held = Buffer.concat([this.#held, bytes]);
    const body = wholeBody(this.#held);
    if (body === undefined) return new Uint8Array();
    const head = this.#held.toString('latin1', 0, this.#held.indexOf('\r\n\r\n'));
    const text = JSON.stringify(this.#edit(JSON.parse(body.toString())));
    const kept = head.split('\r\n').filter((line) => !/^(content-length|transfer-encoding):/i.test(line));
    this.#held = Buffer.alloc(0);
    return Buffer.from(`${kept.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }
}

/** Returns the body of an answer that has a length or comes in chunks; `undefined` while part of it is missing. */
function wholeBody(answer: Buffer): Buffer | undefined {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = answer.toString('latin1', 0, end);
  const rest = answer.subarray(end + 4);
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return rest.length >= Number(length) ? rest : undefined;
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = rest.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    if (rest.length < line + 2 + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
