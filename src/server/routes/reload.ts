/** Reloads of plugins: of one by its name, or of those of some mounts. */
import type { KeptMount } from '../../vault/internal.ts';
import { dataAnswer, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import { Fields } from './fields.ts';
import { mountPathOf } from './mount-path.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

const reloads = '/v1/sys/plugins/reload';

export const reloadRoutes: readonly Route[] = [
  { method: 'POST', pattern: `${reloads}/backend`, needs: 'everything', handle: reloadByBody },
  // The `vault` command asks here for a reload of mounts.
  { method: 'POST', pattern: `${reloads}/unknown`, needs: 'everything', handle: reloadByBody },
  { method: 'POST', pattern: `${reloads}/:type/*name`, needs: 'everything', handle: reloadByName },
];

async function reloadByName(request: ApiRequest, context: ServerContext): Promise<Answer> {
  const { type = '', name = '' } = request.params;
  checkScope(new Fields(request.body));
  if (!['auth', 'secret', 'database', 'unknown'].includes(type))
    throw new ApiError(404, `unsupported path: "${type}" is no type of plugin`);
  return answerFor(request, await reloadPlugin(name, type, request, context));
}

async function reloadByBody(request: ApiRequest, context: ServerContext): Promise<Answer> {
  const fields = new Fields(request.body);
  const plugin = fields.text('plugin') ?? '';
  const paths = fields.list('mounts') ?? [];
  checkScope(fields);
  if (plugin !== '' && paths.length > 0)
    throw new ApiError(400, 'plugin and mounts cannot be set at the same time');
  if (plugin === '' && paths.length === 0) throw new ApiError(400, 'plugin or mounts must be provided');
  const moved =
    plugin === ''
      ? await reloadMounts(
          paths.map((path) => mountAt(path, context)),
          request,
          context,
        )
      : await reloadPlugin(plugin, 'unknown', request, context);
  return answerFor(request, moved);
}

function answerFor({ id }: ApiRequest, moved: number): Answer {
  return dataAnswer({ reload_id: id }, { warnings: moved === 0 ? ['no plugins were reloaded'] : [] });
}

/** There is one server, so `global` is what is done anyway. */
function checkScope(fields: Fields): void {
  if (!['', 'global'].includes(fields.text('scope') ?? ''))
    throw new ApiError(400, "reload scope must be omitted or 'global'");
}

/** @throws ApiError 404 for a plugin that is neither registered nor mounted */
async function reloadPlugin(
  name: string,
  type: string,
  request: ApiRequest,
  context: ServerContext,
): Promise<number> {
  const isOne = (each: { readonly type: string; readonly name: string }): boolean =>
    each.name === name && (type === 'unknown' || each.type === type);
  const mounted = (await context.mounts.list()).filter(isOne);
  if (mounted.length === 0 && !(await context.host.plugins.list()).entries.some(isOne))
    throw new ApiError(
      404,
      `there is no ${type === 'unknown' ? '' : `${type} `}plugin ${name}; nothing was reloaded`,
    );
  return reloadMounts(mounted, request, context);
}

/** Mounts of the same plugin and version move together. @returns how many were moved */
async function reloadMounts(
  kept: readonly KeptMount[],
  { signal }: ApiRequest,
  { host, mounts }: ServerContext,
): Promise<number> {
  const groups = new Map<string, { readonly mount: KeptMount; readonly ids: string[] }>();
  let opened = 0;
  for (const mount of kept) {
    const wasRunning = mounts.running(mount.path) !== undefined;
    const { mountId } = (await mounts.opened(mount, { signal })).mount;
    // One that could not be opened before has a new plugin already.
    if (!wasRunning) opened += 1;
    else {
      const key = JSON.stringify([mount.type, mount.name, mount.version]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { mount, ids: [mountId] });
      else group.ids.push(mountId);
    }
  }
  for (const { mount, ids } of groups.values()) {
    const version = mount.version === '' ? undefined : mount.version;
    opened += await host.reload(mount.type, mount.name, { mounts: ids, version, signal });
  }
  return opened;
}

/** `kv`, `kv/`, `auth/jwt` or `sys/auth/jwt`. @throws ApiError 400 */
function mountAt(given: string, { mounts }: ServerContext): KeptMount {
  const path = given.replace(/^\/?(sys\/(?=auth\/))?/, '');
  const mount = mounts.get(mountPathOf('secret', path));
  if (mount === undefined) throw new ApiError(400, `nothing is mounted at "${given}"; nothing was reloaded`);
  return mount;
}
