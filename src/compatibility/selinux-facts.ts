import type { Fact } from './fact.ts';

/** SELinux on this host, and what its policy says about plugins in containers. */
export interface SelinuxFacts {
  /** `permissive`: what is denied is logged, and done all the same. */
  readonly mode: Fact<'off' | 'permissive' | 'enforcing'>;
  /** Context of this process, which talks to the plugin; empty where SELinux is off. */
  readonly context: Fact<string>;
  /** The contexts that engines derive those of containers from; empty texts where SELinux is off. */
  readonly containers: Fact<{ readonly process: string; readonly file: string }>;
  /**
   * Context in which a Podman runs that this process starts, or its user's session. Absent where there is no Podman, and
   * in files of earlier versions.
   */
  readonly startedPodman?: Fact<string> | undefined;
  /** What the policy denies of what a plugin and its host need. Empty where it denies nothing, or SELinux is off. */
  readonly denied: Fact<readonly PolicyDenial[]>;
}

export interface PolicyDenial {
  /**
   * What can't be done for it:
   * - folder: the plugin can't make its socket in a folder that has the label of its container
   * - call: this process can't connect to the plugin's socket, or the plugin can't use the connection
   * - broker: the plugin can't connect to a socket that this process gives the label of its container
   * - output: a container that a Podman starts which this process has started can't write its output
   * - lock: a plugin can't use the capability IPC_LOCK that its container is given
   */
  readonly need: PolicyNeed;
  /** As the audit log names it: `denied { connectto } ... tclass=unix_stream_socket`. */
  readonly denial: string;
}

export type PolicyNeed = 'folder' | 'call' | 'broker' | 'output' | 'lock';
