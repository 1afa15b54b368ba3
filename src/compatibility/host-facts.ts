import type { Fact } from './fact.ts';
import type { SelinuxFacts } from './selinux-facts.ts';
import type { UserNamespaceFacts } from './user-namespace-facts.ts';

/** Facts about this machine and this process, which will talk to the plugin. */
export interface HostFacts {
  /** Platform as Node names it: `linux`. */
  readonly platform: Fact<string>;
  /** Release of the kernel, such as `6.12.5`. */
  readonly kernel: Fact<string>;
  /** Architecture as image configurations name it: `amd64`, `arm64`. */
  readonly architecture: Fact<string>;
  /** Further architectures whose programs the kernel hands to an emulator (binfmt_misc). */
  readonly emulated: Fact<readonly string[]>;
  readonly uid: Fact<number>;
  readonly gid: Fact<number>;
  /** A group id that no user and no group of this host has. */
  readonly unusedGid: Fact<number>;
  /** Whether the command `setfacl` is there, which is the only way to set an ACL from Node. */
  readonly setfacl: Fact<boolean>;
  /** Runtimes of this host for which a Podman service of our own could be started; none without Podman. */
  readonly podmanRuntimes: Fact<readonly string[]>;
  /** What shows that this process is in a container; empty where nothing does. Absent in older files of facts. */
  readonly container?: Fact<string> | undefined;
  /** Absent in older files of facts. */
  readonly selinux?: SelinuxFacts | undefined;
  /** Absent in older files of facts. */
  readonly userNamespaces?: UserNamespaceFacts | undefined;
  readonly socketFolder: SocketFolderFacts;
}

/** The folder below which the socket directories of plugins are made. */
export interface SocketFolderFacts {
  readonly path: string;
  /**
   * Most bytes that the path of a socket adds to `path`. Absent: as many as below the folder that a host makes there
   * for its plugins.
   */
  readonly bytesBelow?: number | undefined;
  /** Whether it is a folder, and this process can make directories in it. */
  readonly writable: Fact<boolean>;
  /** Type of the file system, such as `ext4` or `tmpfs`. */
  readonly fileSystem: Fact<string>;
  /** Whether directories in it can carry a default ACL. */
  readonly acl: Fact<boolean>;
  /** Mount options that some launches depend on: `noexec`, `nosuid`, `ro`. */
  readonly mountOptions: Fact<readonly string[]>;
  /** The first folder on the way that users other than its owner can't pass; empty when there is none. */
  readonly closedTo: Fact<string>;
  /**
   * The first place on the way that somebody else may change, and so replace what is made in the folder, in words: "/srv
   * is writable by everybody". Empty when there is none.
   */
  readonly changeable: Fact<string>;
  /** SELinux context of the folder, which what is made in it takes over; empty for none. Absent where SELinux is off. */
  readonly context?: Fact<string> | undefined;
  /** Whether files in it can be given another context. Absent where SELinux is off. */
  readonly canRelabel?: Fact<boolean> | undefined;
}
