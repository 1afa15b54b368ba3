/** A plain HTTP client for the API, over the socket or an address, which sends what it is told. */
import {
  request,
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Given {
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
  /** In place of the client's; an empty one sends none. */
  readonly token?: string;
  readonly signal?: AbortSignal;
  /** Default: a connection for each request. */
  readonly agent?: Agent;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly body: unknown;
}

export type Api = (method: string, path: string, given?: Given) => Promise<Got>;

/** @param at path of the socket, or the URL of the server */
export function apiClient(at: string, token = '', ca?: string): Api {
  const isUrl = /^https?:/.test(at);
  return async (method, path, { body, headers = {}, token: other = token, signal, agent } = {}) => {
    const data = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const url = isUrl ? new URL(at) : undefined;
    const send = url?.protocol === 'https:' ? tlsRequest : request;
    const asked = send({
      ...(url === undefined
        ? { socketPath: at }
        : { host: url.hostname.replace(/[[\]]/g, ''), port: url.port }),
      ...{
        method,
        path,
        agent: agent ?? false,
        ...(ca !== undefined && { ca, servername: 'localhost' }),
        ...(signal && { signal }),
      },
      headers: {
        ...(other !== '' && { 'X-Vault-Token': other }),
        ...(typeof data === 'string' && { 'Content-Length': Buffer.byteLength(data) }),
        ...headers,
      },
    });
    const [response, said] = await new Promise<[IncomingMessage, string]>((resolve, reject) => {
      asked.on('error', reject);
      asked.on('response', (message) => {
        text(message).then((whole) => {
          resolve([message, whole]);
        }, reject);
      });
      asked.end(data);
    });
    return { status: response.statusCode ?? 0, headers: response.headers, text: said, body: parsed(said) };
  };
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
