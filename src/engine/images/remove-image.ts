import type { CallOptions } from '../call-options.ts';

export interface RemoveImageOptions extends CallOptions {
  /** Also when stopped containers use it. Refused on Podman before 5.6, which would delete those containers too. */
  readonly force?: boolean | undefined;
}

/** What a removal did: a name was taken away, or an image was deleted. */
export interface RemovedImage {
  readonly untagged?: string | undefined;
  /** Id with `sha256:`. */
  readonly deleted?: string | undefined;
}
