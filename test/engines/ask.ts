import assert from 'node:assert/strict';
import http from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One request over a unix socket, by node:http alone: what the tests say about the engines must not depend on the client
 * that is tested with them. A string body is JSON, bytes are a tar archive. Rejects after 60 s.
 */
export function ask(
  socket: string,
  method: string,
  path: string,
  body?: string | Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': typeof body === 'string' ? 'application/json' : 'application/x-tar' };
    const signal = AbortSignal.timeout(60_000);
    const request = http.request({
      socketPath: socket,
      method,
      path,
      agent: false,
      signal,
      ...(body && { headers }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.end(body);
  });
}

/** The text of an answer that must have this status. */
export async function expectStatus(expected: number, answer: Promise<Answer>): Promise<string> {
  const { status, text } = await answer;
  assert.equal(status, expected, text);
  return text;
}
