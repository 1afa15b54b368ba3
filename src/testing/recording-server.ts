import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { dockerInfoAnswer, podmanInfoAnswer } from './engine-answers.ts';
import { callback, checkShape, filledText, oneOf, shapeOf } from '../settings/option-shape.ts';
import { listenPrivately } from './private-socket.ts';

/** One request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** Path as sent, without the query. */
  readonly path: string;
  /** Decoded query; a parameter that came several times is a list. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** `body` parsed as JSON; `undefined` when it is not JSON. */
  readonly json: unknown;
}

/** An answer to send. An object as `body` is sent as JSON. */
export interface ScriptedAnswer {
  /** Status of the answer. Default 200. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | object | undefined;
}

export interface RecordingServerOptions {
  /** The engine that it pretends to be when asked for a ping or for information. Default `docker`. */
  readonly kind?: 'docker' | 'podman' | undefined;
  /** Engine version. Default: 28.5.2 or 5.4.2. */
  readonly version?: string | undefined;
  /** Docker API version. Default 1.51 or 1.41. */
  readonly apiVersion?: string | undefined;
  /** Answers all other requests. Default: 200 and `{}`. */
  readonly answer?: ((request: RecordedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>) | undefined;
}

export interface RecordingServer extends AsyncDisposable {
  readonly socketPath: string;
  /** All requests in the order of their arrival, except those that `connectEngine` sends. */
  readonly requests: readonly RecordedRequest[];
  [Symbol.asyncDispose](): Promise<void>;
}

const serverOptions = shapeOf<RecordingServerOptions>({
  kind: oneOf('docker', 'podman'),
  version: filledText,
  apiVersion: filledText,
  answer: callback,
});

/**
 * Starts a server that looks like an engine, does nothing, and remembers what it was asked.
 *
 * @example
 * await using server = await startRecordingServer({ kind: 'docker', apiVersion: '1.41' });
 * await using engine = await connectEngine({ socketPath: server.socketPath });
 * await engine.containers.start('web');
 * assert.equal(server.requests[0]?.path, '/v1.41/containers/web/start');
 */
export async function startRecordingServer(options: RecordingServerOptions = {}): Promise<RecordingServer> {
  checkShape('startRecordingServer', serverOptions, options);
  const { kind = 'docker', answer = () => ({ body: {} }) } = options;
  const identity = {
    kind,
    version: options.version ?? (kind === 'docker' ? '28.5.2' : '5.4.2'),
    apiVersion: options.apiVersion ?? (kind === 'docker' ? '1.51' : '1.41'),
  };
  const requests: RecordedRequest[] = [];
  const upgraded = new Set<Duplex>();
  const take = async (message: IncomingMessage): Promise<ScriptedAnswer> => {
    const request = await record(message);
    const known = connectAnswer(request, identity);
    if (known !== undefined) return known;
    requests.push(request);
    return answer(request);
  };
  const server = createServer((message, response) => {
    void take(message).then((scripted) => {
      respond(response, scripted);
    });
  });
  server.on('upgrade', (message, socket) => {
    upgraded.add(socket);
    socket.on('error', () => undefined).once('close', () => upgraded.delete(socket));
    void take(Object.assign(message, { complete: true })).then(({ body }) => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      socket.end(body instanceof Uint8Array || typeof body === 'string' ? body : '');
    });
  });
  const { socketPath, remove } = await listenPrivately(server);
  return {
    socketPath,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      if (server.listening) {
        server.close();
        await once(server, 'close');
      }
      await remove();
    },
  };
}

async function record(message: IncomingMessage): Promise<RecordedRequest> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  const body = message.headers.upgrade === undefined ? await buffer(message) : Buffer.alloc(0);
  return {
    method: message.method ?? '',
    path: (message.url ?? '').split('?', 1)[0] ?? '',
    query: Object.fromEntries(
      [...new Set(url.searchParams.keys())].map((name) => {
        const values = url.searchParams.getAll(name);
        return [name, values.length === 1 ? (values[0] ?? '') : values];
      }),
    ),
    headers: message.headers,
    body,
    json: parseJson(body),
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

interface Identity {
  readonly kind: 'docker' | 'podman';
  readonly version: string;
  readonly apiVersion: string;
}

function connectAnswer({ method, path }: RecordedRequest, { kind, version, apiVersion }: Identity) {
  if (path === '/_ping') {
    return {
      headers: {
        'api-version': apiVersion,
        server: kind === 'docker' ? `Docker/${version} (linux)` : `Libpod/${version} (linux)`,
        ...(kind === 'podman' && { 'libpod-api-version': version }),
      },
      body: method === 'HEAD' ? '' : 'OK',
    };
  }
  if (method !== 'GET' || !/^\/v[\d.]+(\/libpod)?\/info$/.test(path)) return undefined;
  return { body: kind === 'docker' ? dockerInfoAnswer(version) : podmanInfoAnswer(version) };
}

function respond(response: ServerResponse, { status = 200, headers = {}, body = '' }: ScriptedAnswer): void {
  const isPlain = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, { ...(isPlain ? {} : { 'content-type': 'application/json' }), ...headers });
  response.end(isPlain ? body : JSON.stringify(body));
}
