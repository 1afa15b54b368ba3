/** The catalog of plugins. */
import { canonicalVersion, type PluginInfo, type PluginRegistration } from '../../catalog/index.ts';
import { dataAnswer, empty, keysAnswer, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import { Fields } from './fields.ts';
import { refusedPlugin } from './refused-plugin.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

const catalog = '/v1/sys/plugins/catalog';

export const pluginRoutes: readonly Route[] = [
  { method: 'GET', pattern: catalog, needs: 'catalog', handle: listAll },
  { method: 'LIST', pattern: catalog, needs: 'catalog', handle: listAll },
  { method: 'LIST', pattern: `${catalog}/:type`, needs: 'catalog', handle: listType },
  {
    method: 'GET',
    pattern: `${catalog}/:type`,
    needs: 'catalog',
    handle: () => {
      throw new ApiError(400, 'name the type of the plugin too: sys/plugins/catalog/TYPE/NAME');
    },
  },
  { method: 'GET', pattern: `${catalog}/:type/*name`, needs: 'catalog', handle: read },
  { method: 'POST', pattern: `${catalog}/:type/*name`, needs: 'everything', handle: register },
  { method: 'DELETE', pattern: `${catalog}/:type/*name`, needs: 'everything', handle: deregister },
];

/** Types that are listed also where they have no plugin. */
const vaultTypes = ['auth', 'database', 'secret'];

async function listAll(_request: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { entries, damaged } = await host.plugins.list();
  const types = [...new Set([...vaultTypes, ...entries.map(({ type }) => type)])];
  const names = Object.fromEntries(types.map((type) => [type, namesOf(entries, type)]));
  return dataAnswer({ ...names, detailed: entries.map(detailOf) }, { warnings: warningsOf(damaged) });
}

async function listType({ params }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { type = '' } = params;
  const { entries, damaged } = await host.plugins.list({ type });
  return keysAnswer(namesOf(entries, type), { warnings: warningsOf(damaged) });
}

async function read(
  { params, query, caller }: ApiRequest,
  { host, entryOf }: ServerContext,
): Promise<Answer> {
  const { type = '', name = '' } = params;
  const version = query.get('version') ?? undefined;
  const { ociImage, sha256, command, runtime, ...info } = await host.plugins.info(type, name, version);
  // Arguments may hold secrets, so they are shown to those who could register them.
  const args = caller.allows('everything', '') ? (await entryOf(type, name, info.version)).args : [];
  const hidden =
    info.argCount > args.length ? ['the arguments are shown to tokens that allow everything'] : [];
  return dataAnswer(
    {
      ...{ args, builtin: false, command, name, oci_image: ociImage, runtime, sha256, version: info.version },
      env_names: info.envNames,
    },
    { warnings: hidden },
  );
}

async function register({ params, body, signal }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { type = '', name = '' } = params;
  const fields = new Fields(body);
  fields.pass('type', 'name');
  fields.refuse('plugins are not downloaded: give oci_image, an image that the engine has', 'download');
  const registration = {
    ...{ type, name },
    ociImage: fields.text('oci_image') ?? '',
    version: fields.text('version') ?? '',
    sha256: fields.text('sha256', 'sha_256') ?? '',
    command: fields.text('command') ?? '',
    args: argumentsOf(fields),
    env: fields.list('env') ?? [],
    runtime: fields.text('runtime') ?? '',
  };
  const skipProbe = fields.flag('skip_probe') ?? false;
  checkRegistration(registration);
  const { sha256, args, ...rest } = registration;
  const given: PluginRegistration = { ...rest, ...(sha256 !== '' && { sha256 }), ...(args && { args }) };
  try {
    await host.plugins.register(given, { skipProbe, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw refusedPlugin(error, 'unable to run plugin');
  }
  const { ignored } = fields;
  return ignored.length === 0 ? empty : dataAnswer(null, { warnings: ignored });
}

/** A text is one argument, as commas may belong to it. */
function argumentsOf(fields: Fields): string[] | undefined {
  const given = fields.any('args');
  if (typeof given === 'string') return given === '' ? undefined : [given];
  const list = fields.list('args');
  return list?.length === 0 ? undefined : list;
}

function checkRegistration({
  ociImage,
  sha256,
  version,
}: {
  ociImage: string;
  sha256: string;
  version: string;
}) {
  if (sha256 === '' && version === '')
    throw new ApiError(400, 'must provide at least one of sha256 or version');
  if (ociImage === '')
    throw new ApiError(
      400,
      'must provide oci_image: plugins run in containers only, not as a command of this machine',
    );
  if (/\+(.*\.)?builtin(\.|$)/.test(version))
    throw new ApiError(
      400,
      `version "${version}" is not allowed because 'builtin' is a reserved metadata identifier`,
    );
}

async function deregister(
  { params, query, body, signal }: ApiRequest,
  { host }: ServerContext,
): Promise<Answer> {
  const { type = '', name = '' } = params;
  const version = query.get('version') ?? new Fields(body).text('version') ?? '';
  const was = await host.plugins.deregister(type, name, version, { signal });
  if (was) return empty;
  const asked = version === '' ? 'without a version' : `of version ${canonicalVersion(version)}`;
  return dataAnswer(null, { warnings: [`there was no ${type} plugin ${name} ${asked} in the catalog`] });
}

function namesOf(entries: readonly PluginInfo[], type: string): string[] {
  return [...new Set(entries.filter((each) => each.type === type).map(({ name }) => name))].sort();
}

function detailOf({ type, name, version, ociImage, runtime, sha256 }: PluginInfo) {
  return {
    ...{ builtin: false, name, oci_image: ociImage, type, version },
    ...(runtime !== '' && { runtime }),
    ...(sha256 !== '' && { sha256 }),
  };
}

function warningsOf(damaged: readonly { readonly place: string; readonly reason: string }[]): string[] {
  return damaged.map(({ place, reason }) => `${place} ${reason}`);
}
