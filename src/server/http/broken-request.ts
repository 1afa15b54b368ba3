/** Answers what the parser refuses in the form of every other error: nothing of such a request was carried out. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { commonHeaders } from './send.ts';

/** By what the parser says. */
const refusals: Readonly<Record<string, readonly [status: number, text: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers of the request are too long'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the extensions of the chunks of the request are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
};

const otherRefusal = [400, 'this is no request of HTTP/1.1'] as const;

export function answerBroken(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!(socket instanceof Socket) || !socket.writable || isOfAnother(socket)) {
      socket.destroy();
      return;
    }
    const [status, text] = refusals[error.code ?? ''] ?? otherRefusal;
    const id = randomUUID();
    const body = `${JSON.stringify({ errors: [text], may_repeat: false, request_id: id })}\n`;
    const headers = Object.entries({
      ...commonHeaders,
      'X-Vault-Request-Id': id,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${headers.join('')}\r\n${body}`);
    socket.destroySoon();
  });
}

/** Whether a request is worked on that arrived whole, so that its sender would take the refusal for its answer. */
function isOfAnother(socket: Socket): boolean {
  const { _httpMessage: response } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  return response != null && (response.headersSent || response.req.complete);
}
