import type { Engine } from '../engine/index.ts';

/** Runtimes whose paused containers a Docker ends as it ends others. */
const endedAsOthers: readonly (string | undefined)[] = ['runc', 'crun'];

/** How long an engine may take to resume a container that is to be killed in any case. */
const resumeMs = 5_000;

/**
 * Resumes a container that may be paused and is about to be killed or removed. A Docker that kills a paused container of gVisor
 * waits ten seconds for its end, and leaves the shim of the container behind for ever (seen with 20.10). It ends those of runc
 * and crun at once, as a Podman does all of them. What goes wrong here is told by what follows.
 *
 * @param runtime name of the container's runtime, where it is known
 */
export async function resumePaused(
  { kind, containers }: Pick<Engine, 'kind' | 'containers'>,
  id: string,
  { runtime, signal }: { readonly runtime?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (kind !== 'docker' || endedAsOthers.includes(runtime)) return;
  const late = AbortSignal.timeout(resumeMs);
  const options = { signal: signal === undefined ? late : AbortSignal.any([signal, late]) };
  try {
    // A Docker writes an error into its log where it is to resume what is not paused.
    const { state } = await containers.inspect(id, options);
    if (state.status === 'paused') await containers.unpause(id, options);
  } catch {
    // It ended meanwhile, or the engine is away.
  }
}
