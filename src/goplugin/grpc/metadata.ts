/** gRPC metadata to and from the fields of HTTP/2 (gRPC: PROTOCOL-HTTP2.md). */
import { InvalidOptionError } from '../../errors.ts';
import { connectionFields, type Fields } from '../http2/fields.ts';
import type { CallMetadata } from '../service.ts';

export type ReceivedMetadata = Record<string, (string | Buffer)[]>;

/** What a call says of itself, which nobody else may say. */
const ownNames = new Set(['te', 'content-type', 'user-agent']);
const withStatus = new Set(['grpc-status', 'grpc-message']);

/** @throws InvalidOptionError, which never repeats a value: it may be a secret */
export function fieldsOf(metadata: CallMetadata | undefined): string[] {
  const fields: string[] = [];
  for (const [key, value] of Object.entries(metadata ?? {})) {
    const name = key.toLowerCase();
    const values = typeof value === 'string' || Buffer.isBuffer(value) ? [value] : value;
    for (const single of values) {
      const text = fieldValue(name, single);
      if (text === undefined) throw invalid(key);
      if (!ownNames.has(name)) fields.push(name, text);
    }
  }
  return fields;
}

function fieldValue(name: string, value: string | Buffer): string | undefined {
  if (!/^[0-9a-z_.-]+$/.test(name) || connectionFields.has(name)) return undefined;
  if (name.endsWith('-bin')) return Buffer.isBuffer(value) ? value.toString('base64') : undefined;
  return typeof value === 'string' && /^[ -~]*$/.test(value) ? value : undefined;
}

function invalid(key: string): InvalidOptionError {
  return new InvalidOptionError(
    'metadata',
    `${JSON.stringify(key)} is not a metadata name, or its value is not of the kind that the name demands`,
    {
      hint: 'Names are lower-case letters, digits, "-", "_" and "."; a name ending in "-bin" takes a Buffer, any other printable ASCII text.',
    },
  );
}

/**
 * Returns the metadata among the fields: all but the status and what belongs to HTTP/2. Texts that were sent under one name
 * are one text, with commas between them, as HTTP has it.
 */
export function metadataOf(fields: Fields): ReceivedMetadata {
  const texts = new Map<string, string>();
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    if (name.startsWith(':') || withStatus.has(name)) continue;
    const before = texts.get(name);
    texts.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries([...texts].map(([name, text]) => [name, valuesOf(name, text)]));
}

function valuesOf(name: string, text: string): (string | Buffer)[] {
  return name.endsWith('-bin') ? text.split(',').map((each) => Buffer.from(each, 'base64')) : [text];
}
