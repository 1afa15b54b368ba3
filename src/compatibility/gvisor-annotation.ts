/** gVisor takes some of its flags from the annotations of a container, so that nothing needs to be configured for them. */
import { compareVersions } from '../engine/internal.ts';
import { valueOf } from './fact.ts';
import type { LaunchCase } from './rule.ts';
import { flagValue, gvisorRelease } from './runtime-kind.ts';

/**
 * First release that takes `host-uds` from every container: it is in the list of flags that need no
 * `--allow-flag-override` (gVisor: runsc/config/flags.go, overrideAllowlist, since June 2023). An older one ends the
 * start of a container that asks for it.
 */
const firstRelease = 20230701;

/** Docker drops the annotations of a container below this version of its API. */
export const dockerWithAnnotations = '1.43';

const hostSockets = { 'dev.gvisor.flag.host-uds': 'all' } as const;

/**
 * The annotations by which gVisor lets host and container see the sockets of each other. `undefined` where the runtime
 * has that flag already, can't be given it in this way, or is not known to take it.
 */
export function gvisorAnnotations(launch: LaunchCase): Readonly<Record<string, string>> | undefined {
  const { runtime } = launch;
  if (runtime?.kind !== 'runsc' || !handsAnnotationsOn(launch) || !takesAnnotation(launch)) return undefined;
  const args = valueOf(runtime.args);
  const given = args !== undefined && (flagValue(args, 'host-uds') ?? '') === 'all';
  return given ? undefined : hostSockets;
}

/** Whether the engine hands annotations to its runtime. */
export function handsAnnotationsOn({ engine }: LaunchCase): boolean {
  return engine.kind === 'podman' || compareVersions(engine.apiVersion, dockerWithAnnotations) >= 0;
}

/** Whether this build of gVisor takes `host-uds` from a container. One whose release is not known is not trusted to. */
function takesAnnotation({ runtime }: LaunchCase): boolean {
  if (runtime === undefined) return false;
  const release = gvisorRelease(runtime) ?? 0;
  if (release >= firstRelease) return true;
  const args = valueOf(runtime.args) ?? [];
  // The flag is older than the list, and allows every flag. Its release must be known all the same.
  return release > 0 && (flagValue(args, 'allow-flag-override') ?? 'false') !== 'false' && hasFlag(release);
}

/** Whether the release knows the flag `host-uds` by this name. It was `fsgofer-host-uds` before. */
function hasFlag(release: number): boolean {
  return release >= 20221201;
}
