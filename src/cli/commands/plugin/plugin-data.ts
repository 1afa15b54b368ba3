import { catalogField } from '../../../settings/setting-list.ts';
import type { PluginInfo } from '../../../catalog/index.ts';

/**
 * An entry in Vault's field names, as `plugin info` prints it. Of variables it holds the names only, and of arguments
 * the number, because both may hold secrets.
 *
 * @param args the arguments, if they were asked for
 */
export function pluginData(info: PluginInfo, args?: readonly string[]): Record<string, unknown> {
  const { type, name, version, ociImage, sha256, command, argCount, envNames, runtime, ...settings } = info;
  return {
    ...(args !== undefined && { args }),
    arg_count: argCount,
    builtin: false,
    command,
    deprecation_status: '',
    env_names: envNames,
    name,
    oci_image: ociImage,
    runtime,
    sha256,
    type,
    version,
    ...Object.fromEntries(
      Object.entries(settings).map(([setting, value]) => [catalogField(setting), value as unknown]),
    ),
  };
}

/** The fields that an entry of a list may have. */
export const listedFields = ['type', 'name', 'version', 'oci_image', 'runtime', 'sha256', 'builtin'] as const;

/** An entry as a list shows it: those of Vault's fields that are set. */
export function listedPlugin({
  type,
  name,
  version,
  ociImage,
  sha256,
  runtime,
}: PluginInfo): Record<string, unknown> {
  return {
    type,
    name,
    oci_image: ociImage,
    ...(runtime !== '' && { runtime }),
    ...(sha256 !== '' && { sha256 }),
    ...(version !== '' && { version }),
    builtin: false,
  };
}
