import type { EngineUnreachableError } from '../errors.ts';

/** A place where an engine's socket may be, and the setting that says so. */
export interface SocketCandidate {
  /** Path of the socket. Where `problem` is about a settings file, it is the path of that file. */
  readonly socketPath: string;
  /** `DOCKER_HOST`, `docker context "desktop"`, `usual place of rootless Podman`, ... */
  readonly source: string;
  /** Whether the user made the setting. When it does not work, no other place is tried. */
  readonly explicit: boolean;
  /** Why this place must not be used. The other places are tried. */
  readonly problem?: EngineUnreachableError | undefined;
}
