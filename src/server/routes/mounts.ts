/** Mounts of secrets engines and auth methods: `sys/mounts` and `sys/auth`, which are alike. */
import { dataAnswer, empty, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import type { KeptMount, WantedMount } from '../../vault/internal.ts';
import { Fields } from './fields.ts';
import { mountFields, readTuning, tuneFields } from './mount-fields.ts';
import { mountPathOf, shownPath, type MountType } from './mount-path.ts';
import { refusedPlugin } from './refused-plugin.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

export const mountRoutes: readonly Route[] = [...routesOf('secret', 'mounts'), ...routesOf('auth', 'auth')];

function routesOf(type: MountType, word: string): Route[] {
  const all = `/v1/sys/${word}`;
  const one = `${all}/*path`;
  const needs = 'everything';
  return [
    { method: 'GET', pattern: all, needs, handle: (_request, context) => list(type, context) },
    {
      method: 'GET',
      pattern: `${one}/tune`,
      needs,
      handle: (request, context) => readTune(type, request, context),
    },
    {
      method: 'POST',
      pattern: `${one}/tune`,
      needs,
      handle: (request, context) => tune(type, request, context),
    },
    { method: 'GET', pattern: one, needs, handle: (request, context) => read(type, request, context) },
    { method: 'POST', pattern: one, needs, handle: (request, context) => enable(type, request, context) },
    { method: 'DELETE', pattern: one, needs, handle: (request, context) => disable(type, request, context) },
  ];
}

async function list(type: MountType, { mounts }: ServerContext): Promise<Answer> {
  const all = (await mounts.list()).filter((mount) => mount.type === type);
  const data = Object.fromEntries(
    all.map((mount) => [shownPath(type, mount.path), mountFields(mount, mounts)]),
  );
  return dataAnswer(data, { doubled: true });
}

function read(type: MountType, request: ApiRequest, { mounts }: ServerContext): Answer {
  return dataAnswer(mountFields(found(type, request, mounts), mounts), { doubled: true });
}

function readTune(type: MountType, request: ApiRequest, { mounts }: ServerContext): Answer {
  return dataAnswer(tuneFields(found(type, request, mounts)), { doubled: true });
}

async function enable(
  type: MountType,
  { params, body, signal }: ApiRequest,
  { mounts }: ServerContext,
): Promise<Answer> {
  const path = mountPathOf(type, params['path'] ?? '');
  const fields = new Fields(body);
  const config = fields.inner('config');
  fields.pass('path', 'id', 'accessor');
  const why = 'this server does not do that';
  fields.refuse(why, 'local', 'seal_wrap', 'external_entropy_access');
  const asked = fields.text('type') ?? '';
  const named = fields.text('plugin_name') ?? config.text('plugin_name') ?? '';
  const { name, options } = kvAlias(
    named === '' || asked !== 'plugin' ? asked : named,
    fields.texts('options'),
  );
  if (name === '') throw new ApiError(400, 'backend type must be specified as a string');
  const tuning = readTuning(config);
  const wanted: WantedMount = {
    ...{ path, type, name, config: options },
    version: fields.text('plugin_version') ?? config.text('plugin_version') ?? '',
    description: fields.text('description') ?? '',
    ...(tuning && { tuning }),
  };
  try {
    await mounts.enable(wanted, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw refusedPlugin(error);
  }
  const warnings = [...fields.ignored, ...config.ignored];
  return warnings.length === 0 ? empty : dataAnswer(null, { warnings });
}

/** `kv-v1` and `kv-v2` stand for the plugin kv and an option, as in Vault. */
function kvAlias(name: string, options: Record<string, string> = {}) {
  const version = /^kv-v([12])$/.exec(name)?.[1];
  return version === undefined ? { name, options } : { name: 'kv', options: { ...options, version } };
}

async function tune(type: MountType, request: ApiRequest, { mounts, host }: ServerContext): Promise<Answer> {
  const mount = found(type, request, mounts);
  const fields = new Fields(request.body);
  const tuning = readTuning(fields, mount.tuning);
  const description = fields.text('description');
  const options = fields.texts('options');
  const version = fields.text('plugin_version');
  // Refused now, and not at the next reload.
  if (version !== undefined && version !== '') {
    await host.plugins.info(type, mount.name, version).catch((error: unknown) => {
      throw refusedPlugin(error);
    });
  }
  const changes = {
    ...(description !== undefined && { description }),
    ...(options !== undefined && { config: { ...mount.config, ...options } }),
    ...(version !== undefined && { version }),
    tuning,
  };
  const { signal } = request;
  await mounts.change(mount.path, changes, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw refusedPlugin(error);
  });
  const reloads = version === undefined ? [] : ['the version counts from the next reload of the plugin on'];
  const warnings = [...fields.ignored, ...reloads];
  return warnings.length === 0 ? empty : dataAnswer(null, { warnings });
}

async function disable(
  type: MountType,
  { params, query, signal }: ApiRequest,
  { mounts }: ServerContext,
): Promise<Answer> {
  const path = mountPathOf(type, params['path'] ?? '');
  const force = query.get('force') === 'true';
  const was = await mounts.disable(path, { force, signal });
  return was ? empty : dataAnswer(null, { warnings: [`nothing is mounted at ${shownPath(type, path)}`] });
}

/** @throws ApiError 400, as in Vault */
function found(type: MountType, { params }: ApiRequest, mounts: ServerContext['mounts']): KeptMount {
  const path = mountPathOf(type, params['path'] ?? '');
  const mount = mounts.get(path);
  if (mount !== undefined) return mount;
  const what = type === 'auth' ? 'auth' : 'secret engine';
  throw new ApiError(400, `No ${what} mount at ${shownPath(type, path)}`);
}
