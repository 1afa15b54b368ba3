/** What the `vault` command asks before it uses a key/value engine: which mount a path leads to. */
import type { KeptMount, KeptMounts } from '../../vault/internal.ts';
import { dataAnswer, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import { mountFields } from './mount-fields.ts';
import { shownPath } from './mount-path.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

export const uiMountRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/v1/sys/internal/ui/mounts', needs: 'token', handle: list },
  { method: 'GET', pattern: '/v1/sys/internal/ui/mounts/*path', needs: 'token', handle: read },
];

/** Those that the token allows. */
async function list({ caller }: ApiRequest, { mounts }: ServerContext): Promise<Answer> {
  const seen = (await mounts.list()).filter(({ path }) => caller.allows('mount', path));
  const ofType = (type: string) =>
    Object.fromEntries(
      seen
        .filter((mount) => mount.type === type)
        .map((mount) => [shownPath(mount.type, mount.path), mountFields(mount, mounts)]),
    );
  return dataAnswer({ auth: ofType('auth'), secret: ofType('secret') });
}

function read({ params, caller }: ApiRequest, { mounts }: ServerContext): Answer {
  const { path = '' } = params;
  const mount = mountOf(path, mounts);
  // A token that is too narrow does not learn what is mounted.
  if (!caller.allows('mount', path) && !caller.allows('mount', mount?.path ?? path)) {
    const text =
      "preflight capability check returned 403, please ensure client's policies grant access to path";
    throw new ApiError(403, `${text} "${path}/"`);
  }
  if (mount === undefined) throw new ApiError(400, `nothing is mounted at ${path}/`);
  return dataAnswer({ path: mount.path, ...mountFields(mount, mounts) });
}

function mountOf(path: string, mounts: KeptMounts): KeptMount | undefined {
  try {
    return mounts.route(path).mount;
  } catch {
    return undefined;
  }
}
