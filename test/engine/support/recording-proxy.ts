/** A proxy that keeps what an engine really answers. For calls with an end: what it passes on, it passes on whole. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

export interface RecordedAnswer {
  readonly method: string;
  /** Without query and version. */
  readonly path: string;
  readonly libpod: boolean;
  readonly status: number;
  readonly body: string;
}

export interface RecordingProxy extends AsyncDisposable {
  readonly socketPath: string;
  readonly answers: readonly RecordedAnswer[];
}

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'recording-'));
  const socketPath = join(folder, 'engine.sock');
  const answers: RecordedAnswer[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const onward = request({ socketPath: target, method, path: url, headers }, (answer: IncomingMessage) => {
      void buffer(answer).then((body) => {
        answers.push({ method, status: answer.statusCode ?? 0, body: body.toString(), ...splitTarget(url) });
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
      });
    });
    onward.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `/v4.0.0/libpod/info?x=1` is `/info` of libpod. */
function splitTarget(target: string): { path: string; libpod: boolean } {
  const path = target.split('?', 1)[0]?.replace(/^\/v[\d.]+(?=\/)/, '') ?? '';
  return { path: path.replace(/^\/libpod(?=\/)/, ''), libpod: path.startsWith('/libpod/') };
}
