/** Pinned versions of plugins. */
import { dataAnswer, type Answer } from '../http/answer.ts';
import { ApiError } from '../http/api-error.ts';
import { Fields } from './fields.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

const pins = '/v1/sys/plugins/pins';

export const pinRoutes: readonly Route[] = [
  { method: 'GET', pattern: pins, needs: 'catalog', handle: list },
  { method: 'LIST', pattern: pins, needs: 'catalog', handle: list },
  { method: 'GET', pattern: `${pins}/:type/*name`, needs: 'catalog', handle: read },
  { method: 'POST', pattern: `${pins}/:type/*name`, needs: 'everything', handle: pin },
  { method: 'DELETE', pattern: `${pins}/:type/*name`, needs: 'everything', handle: unpin },
];

async function list(_request: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { entries, damaged } = await host.plugins.pins();
  const warnings = damaged.map(({ place, reason }) => `${place} ${reason}`);
  return dataAnswer({ pinned_versions: entries }, { warnings });
}

async function read({ params }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { type = '', name = '' } = params;
  const found = (await host.plugins.pins()).entries.find((each) => each.type === type && each.name === name);
  if (found === undefined) throw new ApiError(404, 'no pinned version for this plugin');
  return dataAnswer({ ...found });
}

async function pin({ params, body, signal }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { type = '', name = '' } = params;
  const fields = new Fields(body);
  const version = fields.text('version') ?? '';
  fields.pass('type', 'name');
  if (version === '') throw new ApiError(400, 'missing plugin version');
  try {
    await host.plugins.pin(type, name, version, { signal });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'CATALOG_NOT_FOUND') throw ApiError.of(400, error);
    throw error;
  }
  return dataAnswer(null, { warnings: fields.ignored });
}

async function unpin({ params, signal }: ApiRequest, { host }: ServerContext): Promise<Answer> {
  const { type = '', name = '' } = params;
  const was = await host.plugins.unpin(type, name, { signal });
  return dataAnswer(null, { warnings: was ? [] : [`no version of the ${type} plugin ${name} was pinned`] });
}
