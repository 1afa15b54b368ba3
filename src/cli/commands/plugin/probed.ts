import type { PluginRegistration } from '../../../catalog/index.ts';
import type { RegisteredPlugin } from '../../../host/index.ts';
import type { Context } from '../../command.ts';
import type { CatalogDirectory } from '../directory.ts';
import { noteRegistered } from '../../describe-error.ts';
import { tellOverrides } from '../override-flag.ts';
import { lazyModules } from '../../lazy-modules.ts';

/** Registers a plugin after starting it once, exactly as it will run. */
export async function probed(
  directory: CatalogDirectory,
  registration: PluginRegistration,
  {
    engine,
    socket_directory: socketDirectory,
  }: { engine: string | undefined; socket_directory: string | undefined },
  { signal, terminal }: Context,
): Promise<RegisteredPlugin> {
  const { PluginHost } = await lazyModules.host();
  using _told = tellOverrides(terminal);
  await using host = await PluginHost.open({
    ...directory,
    socketPath: engine,
    socketDirectory,
    control: false,
    signal,
  });
  terminal.progress(`trying ${registration.ociImage}`);
  return await host.plugins.register(registration, { signal }).catch((error: unknown) => {
    throw noteRegistered(error);
  });
}
