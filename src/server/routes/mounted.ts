/** Requests to plugins, at the paths of their mounts. */
import { createHash } from 'node:crypto';
import type { VaultData, VaultMount, VaultRequestOptions, VaultResponse } from '../../vault/index.ts';
import { keptAnswer, type KeptMount } from '../../vault/internal.ts';
import { dataAnswer, empty, type Answer } from '../http/answer.ts';
import { ApiError, nothingThere } from '../http/api-error.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

export const mountedRoutes: readonly Route[] = (['GET', 'LIST', 'POST', 'PATCH', 'DELETE'] as const).map(
  (method) => ({ method, pattern: '/v1/*path', needs: 'mount', handle }),
);

async function handle(request: ApiRequest, { mounts }: ServerContext): Promise<Answer> {
  const { kept, rest } = routed(request, mounts);
  const mount = await mounts.opened(kept, { signal: request.signal });
  const options = optionsOf(request, kept);
  if (request.method === 'GET' && request.query.get('help')) return helpAnswer(mount, rest, options);
  const response = await send(mount, rest, request, options);
  if (response === undefined) return nothing(request);
  return answerOf(response, kept, request);
}

/** @throws ApiError 404 */
function routed({ path }: ApiRequest, mounts: ServerContext['mounts']) {
  // No secrets engine has a path below these, and what the server has there has been looked for already.
  if (/^sys(\/|$)/.test(path)) throw new ApiError(404, 'unsupported path');
  try {
    const { mount: kept, rest } = mounts.route(path);
    return { kept, rest };
  } catch (error) {
    const { hint } = error as { readonly hint?: string };
    throw new ApiError(404, `no handler for route "${path}". route entry not found. ${hint ?? ''}`.trim(), {
      code: 'VAULT_MOUNT_NOT_FOUND',
    });
  }
}

function send(
  mount: VaultMount,
  path: string,
  { method, body, query }: ApiRequest,
  options: VaultRequestOptions,
): Promise<VaultResponse | undefined> {
  switch (method) {
    case 'GET':
      return mount.read(path, queryData(query), options);
    case 'LIST':
      return mount.request({ ...options, operation: 'list', path, data: queryData(query) });
    case 'POST':
      return mount.write(path, body, options);
    case 'PATCH':
      return mount.patch(path, body, options);
    case 'DELETE':
      return mount.delete(path, queryData(query), options);
  }
}

/** Parameters of a query are the data of a request that has no body. */
function queryData(query: URLSearchParams): VaultData {
  const names = [...new Set(query.keys())].filter((name) => name !== 'help' && name !== 'list');
  return Object.fromEntries(
    names.map((name) => {
      const values = query.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

function optionsOf(
  { id, caller, headers, remoteAddress, signal }: ApiRequest,
  kept: KeptMount,
): VaultRequestOptions {
  const { token } = caller;
  const passed = kept.tuning?.passthroughRequestHeaders ?? [];
  const values = passed
    .filter((name) => !secretHeaders.includes(name.toLowerCase()))
    .flatMap((name): [string, string[]][] => {
      const value = headers[name.toLowerCase()];
      return value === undefined ? [] : [[name, [value].flat()]];
    });
  return {
    ...{ id, signal },
    displayName: token?.name ?? '',
    clientTokenAccessor: token?.id ?? '',
    clientToken:
      token === undefined ? '' : createHash('sha256').update(`${kept.uuid} ${token.id}`).digest('hex'),
    ...(values.length > 0 && { headers: Object.fromEntries(values) }),
    ...(remoteAddress !== '' && { connection: { remoteAddress } }),
  };
}

/** No plugin gets these, whatever its mount is tuned to. */
const secretHeaders: readonly string[] = ['authorization', 'x-vault-token', 'cookie'];

async function helpAnswer(mount: VaultMount, path: string, options: VaultRequestOptions): Promise<Answer> {
  const { text, seeAlso, openapi = null } = await mount.help(path, options);
  return { kind: 'json', body: { help: text, see_also: seeAlso, openapi } };
}

function nothing({ method }: ApiRequest): Answer {
  if (method === 'GET' || method === 'LIST') throw nothingThere();
  return empty;
}

function answerOf(response: VaultResponse, kept: KeptMount, request: ApiRequest): Answer {
  const { raw, mountType } = response;
  if (raw !== undefined) return { kind: 'plugin', raw };
  const { data, warnings, auth, wrap_info: wrapInfo, ...lease } = keptAnswer(response);
  if (request.method === 'LIST' && isEmptyList(data) && warnings.length === 0) throw nothingThere();
  const login = auth === null ? null : { client_token: '', accessor: '', ...auth, orphan: true };
  return dataAnswer(Object.keys(data).length === 0 && (login ?? wrapInfo) !== null ? null : data, {
    lease: { id: lease.lease_id, seconds: lease.lease_duration, renewable: lease.renewable },
    warnings: login === null ? warnings : [...warnings, noToken],
    ...{ auth: login, wrapInfo, headers: headersOf(response, kept) },
    mountType: mountType === '' ? kept.name : mountType,
  });
}

const noToken = 'the plugin grants this login; this server makes no token of it';

function isEmptyList({ keys, ...others }: VaultData): boolean {
  return (
    (keys === undefined || keys === null || (Array.isArray(keys) && keys.length === 0)) &&
    Object.keys(others).length === 0
  );
}

/** Those of the plugin's headers that the mount allows. */
function headersOf({ headers }: VaultResponse, { tuning }: KeptMount): Record<string, readonly string[]> {
  const allowed = (tuning?.allowedResponseHeaders ?? []).map((name) => name.toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => allowed.includes(name.toLowerCase()) && !isOurs(name)),
  );
}

/** Headers that say how the answer is sent, or what a browser may do with it. */
function isOurs(name: string): boolean {
  return /^(content-|transfer-encoding|connection|set-cookie|access-control-|cross-origin-|x-vault-|x-frame-|strict-)/i.test(
    name,
  );
}
