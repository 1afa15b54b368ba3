/** Reads the body of a request: JSON, whatever its content type says, as Vault does. */
import type { IncomingMessage } from 'node:http';
import type { VaultData } from '../../vault/index.ts';
import { parseExact } from '../../vault/internal.ts';
import { ApiError } from './api-error.ts';

/** @throws ApiError 400, 413 */
export async function readBody(message: IncomingMessage, mostBytes: number): Promise<VaultData> {
  if (Number(message.headers['content-length'] ?? 0) > mostBytes) throw tooLong(mostBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // The message is left open, because the refusal goes out on the same connection.
    const pieces = message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of pieces) {
      length += chunk.length;
      if (length > mostBytes) throw tooLong(mostBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(400, 'the body of the request did not arrive whole');
  }
  if (length === 0) return {};
  const value = parse(Buffer.concat(chunks));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as VaultData;
  throw new ApiError(400, 'failed to parse JSON input: the body has to be a JSON object');
}

function parse(bytes: Buffer): unknown {
  try {
    return parseExact(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'it is no JSON in UTF-8';
    throw new ApiError(400, `failed to parse JSON input: ${why}`); // without the text, which may be a secret
  }
}

function tooLong(mostBytes: number): ApiError {
  return new ApiError(413, `the body of the request is longer than ${mostBytes} bytes`, {
    headers: { Connection: 'close' },
  });
}
