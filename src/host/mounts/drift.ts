import type { Pool } from './pool.ts';
import { differences } from '../resolved-plugin.ts';
import type { Sources } from './sources.ts';

/** Notes in each instance which settings its mounts would get differently by now. Abort rethrows the reason. */
export async function noteDrift(
  pool: Pool,
  sources: Sources,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  for (const instance of pool.instances) {
    const [mount] = pool.mountsOf(instance);
    const source = mount && sources.of(mount);
    if (source === undefined) continue;
    const now = await sources.resolve(source, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      return error as Error;
    });
    instance.drift =
      now instanceof Error ? [`gone: ${now.message}`] : differences(instance.plugin.settings, now.settings);
  }
}
