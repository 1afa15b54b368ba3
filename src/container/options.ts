import type { ContainerSettings } from '../settings/container-settings.ts';

export type { TmpfsOptions, UlimitOptions } from '../settings/container-settings.ts';

/** Labels as they are, or made for the name of the container or image that gets them. */
export type Labels = Readonly<Record<string, string>> | ((name: string) => Readonly<Record<string, string>>);

/** The labels of what has this name. */
export function labelsFor(labels: Labels | undefined, name: string): Readonly<Record<string, string>> {
  return typeof labels === 'function' ? labels(name) : (labels ?? {});
}

/**
 * One plugin container. Everything that is not asked for is denied: no capability, no network, a read-only root file
 * system, no new privileges, the engine's seccomp profile, namespaces of its own, no health check of the image's, and a
 * limited amount of memory and number of processes where that works.
 */
export interface PluginContainerOptions extends ContainerSettings {
  /** A local image: reference or id. Bulkhead never pulls. */
  readonly image: string;
  /** What to call the plugin in errors, and its container; default: the image. */
  readonly title?: string | undefined;
  /** OCI runtime; default `runsc` (gVisor). */
  readonly runtime?: string | undefined;
  /** Replaces the image's entrypoint. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Replaces the image's command. */
  readonly args?: readonly string[] | undefined;
  /** Added to the image's environment. go-plugin's own variables can't be set here. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Set it when the plugin locks its memory, as Vault's do by default: then the container is made so that it may. */
  readonly mlock?: boolean | undefined;
  /**
   * Launches although it could not be observed whether it works (`unknown`), or although it is known not to
   * (`refused`). What the engine makes is compared with the request all the same. Default: neither.
   */
  readonly override?: 'unknown' | 'refused' | undefined;
  /**
   * Folder in which what was read out of images is kept, for other processes. Default: none; this process reads each
   * image once.
   */
  readonly imageCacheDirectory?: string | undefined;
  /** Added to the labels that tell whose the container is. */
  readonly labels?: Labels | undefined;
  /** Folder for the private socket directory, seen by the engine under the same path. Default: the system's temporary folder. */
  readonly socketDirectory?: string | undefined;
}
