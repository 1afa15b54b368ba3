/** Answers one request, from its first line to its answer and its line in the access log. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteTable } from '../routes/match.ts';
import type { ApiMethod, ApiRequest, Route, ServerContext } from '../routes/route.ts';
import { callerWith, nobody, type Caller } from '../tokens/caller.ts';
import { sentToken } from '../tokens/sent-token.ts';
import type { AccessLogEntry } from './access-log.ts';
import type { Answer } from './answer.ts';
import { ApiError } from './api-error.ts';
import { checkOrigin } from './check-origin.ts';
import { errorAnswer } from './error-answer.ts';
import { whileAllowed } from './lasting-token.ts';
import type { AllLimits } from './limits.ts';
import { listMethod } from './list-method.ts';
import { readBody } from './read-body.ts';
import { readTarget, type Target } from './request-path.ts';
import { commonHeaders, sendAnswer, sendError } from './send.ts';
import type { UnderWay } from './under-way.ts';

export interface Frame {
  readonly table: RouteTable;
  readonly context: ServerContext;
  readonly limits: AllLimits;
  readonly underWay: UnderWay;
  readonly log: (entry: AccessLogEntry) => void;
  /** Told of what is no fault of the caller's. */
  readonly problem: (requestId: string, error: unknown) => void;
}

/** How many bytes of a body are taken in although the request is refused already. With more, the connection ends. */
const mostUnread = 64 * 1024;

/** @param hosts how this listener may be called; absent for the unix socket. Never rejects. */
export async function serveRequest(
  frame: Frame,
  message: IncomingMessage,
  response: ServerResponse,
  hosts: ReadonlySet<string> | undefined,
): Promise<void> {
  const id = randomUUID();
  const time = new Date();
  const began = performance.now();
  const seen = { caller: nobody };
  const { remoteAddress = '' } = message.socket; // it may be gone before the answer is
  response.on('error', () => undefined);
  for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
  response.setHeader('X-Vault-Request-Id', id);
  let reads = true;
  let bytes = 0;
  try {
    checkOrigin(message, hosts);
    checkHeaders(message);
    const target = readTarget(message.url ?? '');
    const method = methodOf(message, target);
    reads = method === 'GET' || method === 'LIST';
    const { route, params } = find(frame, method, target, message.method === 'HEAD');
    const caller = await callerOf(frame, message);
    seen.caller = caller;
    authorize(caller, route, target);
    const lasting = route.lasting === true;
    using work = frame.underWay.begin(response, { lasting, reads, tokenId: caller.token?.id });
    using allowed = lasting
      ? whileAllowed(async () => (await callerOf(frame, message)).allows(route.needs, apiPath(target)))
      : undefined;
    const asked: ApiRequest = {
      ...{ id, method: route.method, params, caller, query: target.query },
      path: apiPath(target),
      // Whoever needs no token can't hold anything by a body that does not end.
      body: route.needs === 'nothing' ? {} : await readBody(message, frame.limits.bodyBytes),
      headers: message.headers,
      remoteAddress,
      signal: allowed === undefined ? work.signal : AbortSignal.any([work.signal, allowed.signal]),
    };
    const answer = await work.until(Promise.resolve(route.handle(asked, frame.context)));
    bytes = await sendAnswer(response, answer satisfies Answer, { ...asked, stillMs: frame.limits.stillMs });
  } catch (thrown) {
    const error = errorAnswer(thrown, reads);
    if (error.status >= 500 && !(thrown instanceof ApiError)) frame.problem(id, thrown);
    if (response.headersSent) response.destroy();
    else {
      if (hasLongBody(message)) response.setHeader('Connection', 'close');
      bytes = failSafely(() => sendError(response, error, id), response);
    }
  }
  message.resume();
  frame.log({
    ...{ time, requestId: id, bytes, status: response.statusCode },
    remoteAddress,
    method: message.method === listMethod ? 'LIST' : (message.method ?? ''),
    path: (message.url ?? '').replace(/[?#].*$/s, ''),
    milliseconds: performance.now() - began,
    tokenId: seen.caller.token?.id ?? '',
  });
}

/** Refuses what a client relies on and would not get. @throws ApiError 400 */
function checkHeaders({ headers }: IncomingMessage): void {
  const { 'x-vault-wrap-ttl': wrap = '', 'x-vault-namespace': namespace = '' } = headers;
  if (wrap !== '' && wrap !== '0') throw new ApiError(400, 'answers are not wrapped by this server');
  if (!['', '/', 'root', 'root/'].includes(String(namespace)))
    throw new ApiError(400, 'this server has no namespaces');
}

/** @throws ApiError 404, 405; also for callers without a token, who learn nothing by it that the README does not say */
function find(frame: Frame, method: ApiMethod | undefined, target: Target, headersOnly: boolean) {
  const found = frame.table.find(method, target.path);
  const isEndless = 'route' in found && found.route.lasting === true;
  if ('route' in found && !(headersOnly && isEndless)) return found;
  if ('route' in found) return { route: missing(method, [found.route.method]), params: {} };
  // Without a token nothing is told of what there is.
  return { route: missing(method, found.allowed), params: {} };
}

function missing(method: ApiMethod | undefined, allowed: readonly ApiMethod[]): Route {
  const handle = (): never => {
    if (allowed.length === 0) throw new ApiError(404, 'unsupported path');
    const methods = allowed.flatMap((each) => (each === 'POST' ? ['POST', 'PUT'] : [each]));
    throw new ApiError(405, 'unsupported operation', { headers: { Allow: methods.join(', ') } });
  };
  return { method: method ?? 'GET', pattern: '', needs: 'token', handle };
}

/** How a query says yes, as Go reads it. */
const isTrue: readonly string[] = ['1', 't', 'T', 'true', 'TRUE', 'True'];

function methodOf({ method }: IncomingMessage, { query }: Target): ApiMethod | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD': // Node.js sends no body then
      return isTrue.includes(query.get('list') ?? '') ? 'LIST' : 'GET';
    case listMethod:
      return 'LIST';
    case 'POST':
    case 'PUT':
      return 'POST';
    case 'PATCH':
    case 'DELETE':
      return method;
    default:
      return undefined;
  }
}

async function callerOf({ context }: Frame, { headers }: IncomingMessage): Promise<Caller> {
  const sent = sentToken(headers);
  if (sent === undefined) return nobody;
  const token = await context.tokens.find(sent);
  return token === undefined ? nobody : callerWith(token);
}

function hasLongBody({ complete, headers }: IncomingMessage): boolean {
  const length =
    headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
  return !complete && length > mostUnread;
}

function authorize(caller: Caller, { needs }: Route, target: Target): void {
  if (!caller.allows(needs, apiPath(target))) throw new ApiError(403, 'permission denied');
}

function apiPath({ path }: Target): string {
  return path.startsWith('/v1/') ? path.slice('/v1/'.length) : path.slice(1);
}

/** What can't be sent, such as a header with characters of a plugin's that none may have, ends the connection. */
function failSafely(send: () => number, response: ServerResponse): number {
  try {
    return send();
  } catch {
    response.destroy();
    return 0;
  }
}
