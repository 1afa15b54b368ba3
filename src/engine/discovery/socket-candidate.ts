import type { EngineUnreachableError } from '../errors.ts';

/** A place where an engine's socket may be, and the setting that says so. */
export interface SocketCandidate {
  /** Where `problem` is about a file of settings: its path. */
  readonly socketPath: string;
  /** `DOCKER_HOST`, `docker context "desktop"`, `usual place of rootless Podman`, ... */
  readonly source: string;
  /** A setting of the user's: when it does not work, no other is tried. */
  readonly explicit: boolean;
  /** Why this place must not be used. The others are tried. */
  readonly problem?: EngineUnreachableError | undefined;
}
