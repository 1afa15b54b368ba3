import type { Fact } from './fact.ts';

/** What an engine has for containers that ask for a network. */
export interface NetworkFacts {
  /** The networks that its API lists. */
  readonly networks: Fact<readonly ListedNetwork[]>;
  /**
   * Whether the engine is in the network namespace of this process. Where it is not, as under RootlessKit, the network
   * of its host is not that of this process.
   */
  readonly sharesNamespace: Fact<boolean>;
  /**
   * Podman: the programs that its networks are made with, as far as they are there: `netavark`, `cni`, `slirp4netns`,
   * `pasta`. Docker makes its networks itself.
   */
  readonly programs: Fact<readonly string[]>;
  /** Podman: the program that its bridges are made with, `netavark` or `cni`. */
  readonly backend: Fact<string>;
}

export interface ListedNetwork {
  readonly name: string;
  readonly id: string;
  /** Such as `bridge` or `macvlan`. */
  readonly driver: string;
  /** Whether nothing outside of it can be reached from it. */
  readonly internal: boolean;
  /** Whether it is the one that containers join with the mode `bridge`. */
  readonly isDefault: boolean;
}
