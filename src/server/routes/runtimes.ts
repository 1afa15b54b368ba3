/** The catalog of plugin runtimes. */
import type { RuntimeEntry, RuntimeRegistration } from '../../catalog/index.ts';
import { catalogField, settingDefinitions } from '../../settings/setting-list.ts';
import { dataAnswer, empty, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import { Fields } from './fields.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

const catalog = '/v1/sys/plugins/runtimes/catalog';

export const runtimeRoutes: readonly Route[] = [
  { method: 'GET', pattern: catalog, needs: 'catalog', handle: list },
  { method: 'LIST', pattern: catalog, needs: 'catalog', handle: list },
  { method: 'GET', pattern: `${catalog}/:type/:name`, needs: 'catalog', handle: read },
  { method: 'POST', pattern: `${catalog}/:type/:name`, needs: 'everything', handle: register },
  { method: 'DELETE', pattern: `${catalog}/:type/:name`, needs: 'everything', handle: deregister },
];

/** Settings that Vault's runtimes do not have, under their names in the catalog. */
const ownSettings = [...settingDefinitions.map(([name]) => name), 'mlock', 'override', 'engineSocket']
  .map((name) => ({ name, field: catalogField(name) }))
  .filter(({ field }) => !['cgroup_parent', 'cpu_nanos', 'memory_bytes', 'rootless'].includes(field));

async function list({ query }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const type = query.get('type') ?? '';
  if (type !== '' && type !== 'container')
    throw new ApiError(400, `"${type}" is not a supported plugin runtime type`);
  const { entries, damaged } = await host.runtimes.list();
  const warnings = damaged.map(({ place, reason }) => `${place} ${reason}`);
  return dataAnswer({ runtimes: entries.map(shown) }, { warnings });
}

async function read({ params }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  return dataAnswer(shown(await host.runtimes.info(nameIn(params))));
}

async function register({ params, body, signal }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const name = nameIn(params);
  const fields = new Fields(body);
  fields.pass('type', 'name');
  const cpuNanos = fields.whole('cpu_nanos') ?? 0;
  const memoryBytes = fields.whole('memory_bytes') ?? 0;
  if (cpuNanos < 0) throw new ApiError(400, 'runtime cpu in nanos cannot be negative');
  if (memoryBytes < 0) throw new ApiError(400, 'runtime memory in bytes cannot be negative');
  const registration = {
    ...{ type: 'container', name, cpuNanos, memoryBytes },
    ociRuntime: fields.text('oci_runtime') ?? '',
    cgroupParent: fields.text('cgroup_parent') ?? '',
    rootless: fields.flag('rootless') ?? false,
    ...Object.fromEntries(ownSettings.map((own) => [own.name, fields.any(own.field)])),
  } as RuntimeRegistration;
  await host.runtimes.register(registration, { signal });
  const { ignored } = fields;
  return ignored.length === 0 ? empty : dataAnswer(null, { warnings: ignored });
}

async function deregister({ params, signal }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  await host.runtimes.deregister(nameIn(params), { signal });
  return empty;
}

function nameIn({ type, name = '' }: ApiRequest['params']): string {
  if (type !== 'container')
    throw new ApiError(404, 'unsupported path: the only type of plugin runtimes is container');
  return name;
}

function shown(entry: RuntimeEntry) {
  const own = ownSettings.flatMap(({ name, field }): [string, unknown][] => {
    const value = entry[name as keyof RuntimeEntry];
    return value === undefined ? [] : [[field, value]];
  });
  return {
    name: entry.name,
    type: entry.type,
    oci_runtime: entry.ociRuntime ?? '',
    cgroup_parent: entry.cgroupParent ?? '',
    cpu_nanos: entry.cpuNanos ?? 0,
    memory_bytes: entry.memoryBytes ?? 0,
    rootless: entry.rootless ?? false,
    ...Object.fromEntries(own),
  };
}
