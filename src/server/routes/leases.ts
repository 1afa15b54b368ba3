/** Leases of secrets, which plugins take back when their time is over. */
import type { VaultLease, VaultMount } from '../../vault/index.ts';
import { dataAnswer, empty, keysAnswer, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import { Fields } from './fields.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

const paths = { renew: ['leases/renew', 'renew'], revoke: ['leases/revoke', 'revoke'] };

export const leaseRoutes: readonly Route[] = [
  ...paths.renew.flatMap((path) => bothForms(path, renew)),
  ...paths.revoke.flatMap((path) => bothForms(path, revoke)),
  { method: 'POST', pattern: '/v1/sys/leases/lookup', needs: 'token', handle: lookup },
  { method: 'LIST', pattern: '/v1/sys/leases/lookup/*path', needs: 'token', handle: list },
];

/** The id stands in the body, or in the path. */
function bothForms(path: string, handle: Route['handle']): Route[] {
  const pattern = `/v1/sys/${path}`;
  return [
    { method: 'POST', pattern, needs: 'token', handle },
    { method: 'POST', pattern: `${pattern}/*lease`, needs: 'token', handle },
  ];
}

async function renew(request: ApiRequest, context: ServerContext): Promise<Answer> {
  const { id, mount } = await leased(request, context);
  const incrementMs = new Fields(request.body).milliseconds('increment') ?? 0;
  const { signal } = request;
  const lease = await mount.renew(id, { signal, ...(incrementMs > 0 && { incrementMs }) });
  const { renewable, ttlMs } = lease;
  return dataAnswer(null, { lease: { id, renewable, seconds: Math.round(ttlMs / 1000) } });
}

async function revoke(request: ApiRequest, context: ServerContext): Promise<Answer> {
  const { id, mount } = await leased(request, context);
  await mount.revoke(id, { signal: request.signal });
  return empty;
}

async function lookup(request: ApiRequest, context: ServerContext): Promise<Answer> {
  const { id, mount } = await leased(request, context);
  const lease = (await mount.leases()).find((each) => each.id === id);
  if (lease === undefined) throw new ApiError(400, `invalid lease: there is no lease ${id}`);
  return dataAnswer(leaseFields(lease));
}

async function list(request: ApiRequest, context: ServerContext): Promise<Answer> {
  const prefix = `${request.params['path'] ?? ''}/`;
  const mount = await mountOf(prefix, request, context);
  const below = (await mount.leases()).filter(({ id }) => id.startsWith(prefix));
  const names = below.map(({ id }) => /^[^/]+\/?/.exec(id.slice(prefix.length))?.[0] ?? '');
  return keysAnswer([...new Set(names)].sort());
}

async function leased(request: ApiRequest, context: ServerContext) {
  const fields = new Fields(request.body);
  const id = request.params['lease'] ?? fields.text('lease_id') ?? '';
  if (id === '') throw new ApiError(400, 'missing lease_id');
  return { id, mount: await mountOf(id, request, context) };
}

/** @throws ApiError 400 where nothing is mounted, 403 */
async function mountOf(
  id: string,
  { caller, signal }: ApiRequest,
  { mounts }: ServerContext,
): Promise<VaultMount> {
  if (!caller.allows('mount', id)) throw new ApiError(403, 'permission denied');
  let kept;
  try {
    kept = mounts.route(id).mount;
  } catch (error) {
    throw ApiError.of(400, error);
  }
  return mounts.opened(kept, { signal });
}

function leaseFields({ id, issuedAt, expiresAt, renewable }: VaultLease) {
  return {
    id,
    issue_time: issuedAt.toISOString(),
    expire_time: expiresAt.toISOString(),
    last_renewal: null,
    renewable,
    ttl: Math.max(0, Math.round((expiresAt.getTime() - Date.now()) / 1000)),
  };
}
