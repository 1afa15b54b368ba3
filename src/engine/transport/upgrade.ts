import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';

/** A connection that has left HTTP: both sides write what they like. */
export interface UpgradedConnection {
  readonly socket: Socket;
  /** Bytes that came together with the head of the answer. */
  readonly head: Uint8Array;
}

/** Most bytes read of a refusal, more than any error text of an engine. */
const longestRefusal = 64 * 1024;

/**
 * Sends an upgrade request. Resolves with the connection on `101`, else with status and text of the refusal.
 *
 * It uses node:http, because undici keeps neither status nor text when an upgrade is refused.
 */
export function upgradeConnection(
  socketPath: string,
  request: { method: string; target: string; signal?: AbortSignal | undefined; headersMs: number },
): Promise<UpgradedConnection | { status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      socketPath,
      method: request.method,
      path: request.target,
      headers: { Host: 'localhost', Connection: 'Upgrade', Upgrade: 'tcp' },
      agent: false,
      ...(request.signal && { signal: request.signal }),
      ...(request.headersMs > 0 && { timeout: request.headersMs }),
    });
    outgoing.on('timeout', () => {
      outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'UND_ERR_HEADERS_TIMEOUT' }));
    });
    outgoing.on('error', reject);
    outgoing.on('upgrade', (_response, socket, head) => {
      socket.setTimeout(0);
      resolve({ socket: socket, head });
    });
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (text.length < longestRefusal) text += piece;
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    outgoing.end();
  });
}
