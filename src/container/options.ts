import type { ContainerSettings } from '../settings/container-settings.ts';

export type { TmpfsOptions, UlimitOptions } from '../settings/container-settings.ts';

/** Labels, or a function that makes them for the name of the container or image that gets them. */
export type Labels = Readonly<Record<string, string>> | ((name: string) => Readonly<Record<string, string>>);

/** The labels for a container or image of this name. */
export function labelsFor(labels: Labels | undefined, name: string): Readonly<Record<string, string>> {
  return typeof labels === 'function' ? labels(name) : (labels ?? {});
}

/**
 * One plugin container. Everything that is not requested is denied: no capability, no network, a read-only root file
 * system, no new privileges, the engine's seccomp profile, namespaces of its own, no health check from the image, and a
 * limited amount of memory and number of processes where limits work.
 */
export interface PluginContainerOptions extends ContainerSettings {
  /** A local image: reference or id. Bulkhead never pulls. */
  readonly image: string;
  /** Name of the plugin in errors and in its container's name; default: the image. */
  readonly title?: string | undefined;
  /** OCI runtime; default `runsc` (gVisor). */
  readonly runtime?: string | undefined;
  /** Replaces the image's entrypoint. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Replaces the image's command; an empty list leaves it as it is. */
  readonly args?: readonly string[] | undefined;
  /** Added to the image's environment. go-plugin's own variables can't be set here. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the plugin locks its memory, as Vault's plugins do by default. The container is then made so that it may.
   */
  readonly mlock?: boolean | undefined;
  /**
   * Launches although it could not be observed whether it works (`unknown`), or although it is known not to work
   * (`refused`). The container is compared with the request all the same. A folder for sockets that can't be used, or in
   * which somebody else could replace what is made, is refused all the same. Default: neither.
   */
  readonly override?: 'unknown' | 'refused' | undefined;
  /**
   * Folder that keeps what was read out of images, for other processes. Default: none; then this process reads each
   * image once.
   */
  readonly imageCacheDirectory?: string | undefined;
  /** Added to the labels that name the container's owner. */
  readonly labels?: Labels | undefined;
  /**
   * Parent of the private socket directory, seen by the engine under the same path. Default: the system's temporary
   * folder.
   */
  readonly socketDirectory?: string | undefined;
}
