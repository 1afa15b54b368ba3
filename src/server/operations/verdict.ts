/** The verdict for one image or registered plugin, in the form that `bulkhead check -format=json` has. */
import type { LaunchCheck } from '../../container/index.ts';
import type { PluginHost } from '../../host/index.ts';
import type { VaultData } from '../../vault/index.ts';
import { ApiError } from '../http/api-error.ts';
import { readQuery } from './query.ts';

export const verdictQuery = {
  image: 'text',
  type: 'text',
  name: 'text',
  version: 'text',
  oci_runtime: 'text',
  mlock: 'flag',
} as const;

/** Makes no container and pulls nothing. @throws ApiError 400; the errors of `PluginHost.check` */
export async function verdict(
  host: Pick<PluginHost, 'check'>,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<VaultData> {
  const { image, type, name, version, oci_runtime: runtime, mlock } = readQuery(query, verdictQuery);
  if (image !== undefined) {
    if (type !== undefined || name !== undefined || version !== undefined)
      throw wrong('image is for one that is in no catalog; type, name and version name a registered plugin');
    return verdictData(await host.check({ image, ...(runtime !== undefined && { runtime }), mlock, signal }));
  }
  if (type === undefined || name === undefined)
    throw wrong('give image, or type and name of a registered plugin');
  if (runtime !== undefined)
    throw wrong('oci_runtime is for an image; a registered plugin has that of its plugin runtime');
  return verdictData(await host.check(type, name, { version, mlock, signal }));
}

function verdictData(checked: LaunchCheck): VaultData {
  const { ok, overridden, cell, network, status, version, socketPath } = checked;
  return {
    ok,
    verdict: status,
    overridden,
    cell,
    version,
    socketPath,
    network,
    reasons: checked.status === 'works' ? checked.notes : checked.reasons,
    strategy: checked.status === 'works' ? checked.strategy : checked.attempt,
  };
}

function wrong(why: string): ApiError {
  return new ApiError(400, why, { code: 'INVALID_OPTION' });
}
