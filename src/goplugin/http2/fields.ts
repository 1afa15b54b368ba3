/** The fields of a header block, and whether a peer may send them (RFC 9113, section 8.2 and 8.3). Pure. */

/** Names and values in turn, in their order on the wire. Each character is one byte. */
export type Fields = readonly string[];

export interface CheckedFields {
  /** What the block can be, judged by the fields of HTTP/2 itself, whose names begin with a colon. */
  readonly kind: 'request' | 'response' | 'trailers' | 'malformed';
  /** Of a response. */
  readonly status: number | undefined;
  /** How long the data will be, where that is said. */
  readonly contentLength: number | undefined;
}

const requestFields: readonly string[] = [':method', ':scheme', ':path', ':authority'];
/** RFC 9113, section 8.2.2: they are about a connection of HTTP/1.1. */
export const connectionFields = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

const malformed: CheckedFields = { kind: 'malformed', status: undefined, contentLength: undefined };

export function checkFields(fields: Fields): CheckedFields {
  let ownFields = 0;
  while (fields[2 * ownFields]?.startsWith(':')) ownFields += 1;
  for (let at = 2 * ownFields; at < fields.length; at += 2) {
    if (!isAllowed(fields[at] ?? '', fields[at + 1] ?? '')) return malformed;
  }
  const said = fieldNamed(fields, 'content-length');
  if (said !== undefined && !/^\d{1,15}$/.test(said)) return malformed;
  const contentLength = said === undefined ? undefined : Number(said);
  if (ownFields === 0) return { kind: 'trailers', status: undefined, contentLength };
  const own = new Map<string, string>();
  for (let at = 0; at < 2 * ownFields; at += 2) {
    const name = fields[at] ?? '';
    if (own.has(name)) return malformed;
    own.set(name, fields[at + 1] ?? '');
  }
  const status = own.get(':status');
  if (status !== undefined) {
    const isStatus = own.size === 1 && /^[1-9]\d\d$/.test(status);
    return isStatus ? { kind: 'response', status: Number(status), contentLength } : malformed;
  }
  const isRequest =
    own.has(':method') &&
    own.has(':scheme') &&
    (own.get(':path') ?? '') !== '' &&
    [...own.keys()].every((name) => requestFields.includes(name));
  return isRequest ? { kind: 'request', status: undefined, contentLength } : malformed;
}

function isAllowed(name: string, value: string): boolean {
  // A colon at the beginning would be a field of HTTP/2 itself behind other fields.
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || connectionFields.has(name)) return false;
  if (name === 'te' && value !== 'trailers') return false;
  return !/[\0\r\n]/.test(value);
}

/** Returns the value of the first field of this name. */
export function fieldNamed(fields: Fields, name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
  return undefined;
}
