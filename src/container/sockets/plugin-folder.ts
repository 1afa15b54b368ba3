import { chmod, chown, mkdir, mkdtemp, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { SocketDirectoryPlan } from '../../compatibility/index.ts';
import { BulkheadError, InvalidOptionError } from '../../errors.ts';
import { HeldFolder } from '../../linux/held-folder.ts';
import { removeFolder } from '../../linux/remove-tree.ts';
import { bytesBelow, pluginFolderPrefix } from '../../linux/socket-depth.ts';
import { mountSmall, unmountOwn } from '../../linux/small-mount.ts';
import { FolderWatch } from '../../linux/folder-watch.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { longestSocketPath } from '../../linux/socket-path.ts';
import { refuseUntrusted } from '../../linux/trusted-parent.ts';
import { messageOf } from '../../thrown-value.ts';
import { setDefaultAcl } from './default-acl.ts';

/** Name of the folder that is bind-mounted into the container. */
const sharedName = 's';
/**
 * Name of the folder that the container does not see. Sockets get owner and mode there before they become the plugin's.
 */
const privateName = 'p';

/** Whether the folder limits what the plugin writes beside its sockets, and ignores set-user-id bits. */
export type FolderBounds =
  | { readonly bounded: true }
  /** `why` completes the sentence "the socket folder has no limit, because ...". */
  | { readonly bounded: false; readonly why: string };

export interface PluginFolderOptions {
  /**
   * Parent of the folder; default: the system's temporary folder. The engine must see the same folder under the same
   * path.
   */
  readonly parent?: string | undefined;
  /** Whether the engine sees what this process mounts at a path. Absent: nothing is mounted. */
  readonly engineSees?: ((path: string) => Promise<boolean>) | undefined;
}

/**
 * The plugin's own folder on the host. One folder inside is bind-mounted into the container and holds the sockets of
 * plugin and host. The plugin's folder lies in a host's owned folder, or directly in the folder that the user named.
 * Other users can't enter it, so that what a container leaves there is out of their reach.
 */
export interface PluginFolder extends AsyncDisposable {
  /** The folder that it was made in: the one that a host owns, or the user's. */
  readonly parent: string;
  /** The folder that the plugin sees and can write to: nothing in it may be used by its path. */
  readonly path: string;
  /** A folder that only this process can write to, for sockets that are not shared yet. */
  readonly privatePath: string;
  readonly bounds: FolderBounds;
  /**
   * Resolves with the reason when somebody else removed the folder, or one of those in it, although the plugin uses it.
   * Never rejects, and does not resolve for a folder that was disposed of.
   */
  readonly removed: Promise<string>;
  /** Whether it was deleted here. */
  readonly isGone: boolean;
  /**
   * Whether the host has shared a socket of this name. The name then leads to the host's socket, not to the plugin's.
   */
  isShared(name: string): boolean;
  /** Gives a socket that was made in `privatePath` to the plugin, and moves it into `path`. */
  share(socketPath: string): Promise<void>;
  /**
   * Removes a shared socket, named by the path at which it was made. A socket that is already gone counts as removed.
   */
  withdraw(socketPath: string): Promise<void>;
  /** Deletes the directory and everything in it. Idempotent. @throws FolderNotRemovedError */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A folder that has its place on the host, and is being made ready. An engine may be told of its path meanwhile, and must
 * not start anything that uses it before it is ready.
 */
export interface PlacedFolder extends AsyncDisposable {
  readonly parent: string;
  /** The path of the folder that the plugin will see. */
  readonly path: string;
  /** @throws BulkheadError `SOCKET_DIRECTORY_FAILED` when it can't be made as planned; what is there of it stays */
  readonly ready: Promise<PluginFolder>;
  /** Deletes the folder and everything in it. Idempotent. @throws FolderNotRemovedError */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes the socket directory as the strategy plans it: owner, group, mode, default ACL.
 *
 * @throws InvalidOptionError when a socket in it would have too long a path
 * @throws BulkheadError `SOCKET_DIRECTORY_FAILED` when it can't be made as planned, or others could replace it; then
 *   nothing of it is left
 */
export async function makePluginFolder(
  plan: SocketDirectoryPlan,
  options: PluginFolderOptions = {},
): Promise<PluginFolder> {
  const placed = await placePluginFolder(plan, options);
  try {
    return await placed.ready;
  } catch (failure) {
    await placed[Symbol.asyncDispose]().catch((left: unknown) => {
      throw failed(`${messageOf(failure)}; ${messageOf(left)}`, new AggregateError([failure, left]));
    });
    throw failure;
  }
}

/**
 * Begins to make the same folder, and resolves as soon as an engine may be told of it: it is mounted and empty, because
 * an engine looks at the path when it creates a container, and must not find the moment between a mount and the folders
 * in it. Setting an ACL runs a program, which takes its time beside the engine's work.
 *
 * @throws what `makePluginFolder` throws before there is anything; then nothing is left
 */
export async function placePluginFolder(
  plan: SocketDirectoryPlan,
  { parent: given = temporaryFolder(), engineSees }: PluginFolderOptions = {},
): Promise<PlacedFolder> {
  const parent = resolve(given); // the engine has another working directory
  refuseLongPath(parent);
  await refuseUntrusted(parent);
  const whole = await mkdtemp(join(parent, pluginFolderPrefix)).catch((cause: unknown) => {
    throw failed(`can't make a socket directory in ${parent}`, cause);
  });
  let bounds: FolderBounds;
  try {
    bounds = await bound(whole, engineSees);
    await makeFoldersIn(whole, plan);
  } catch (cause) {
    const failure = notAsPlanned(whole, cause);
    await removeFolder(whole).catch((left: unknown) => {
      throw failed(`${failure.message}; ${messageOf(left)}`, new AggregateError([failure, left]));
    });
    throw failure;
  }
  const ready = makeReady(whole, plan, bounds).catch((cause: unknown) => {
    throw notAsPlanned(whole, cause);
  });
  ready.catch(() => undefined); // whoever waits for it gets the error
  return {
    parent,
    path: join(whole, sharedName),
    ready,
    async [Symbol.asyncDispose]() {
      const folder = await ready.catch(() => undefined);
      await (folder === undefined ? removeFolder(whole) : folder[Symbol.asyncDispose]());
    },
  };
}

/** Makes both folders, which only this process can enter. An engine of another user may pass on its way to them. */
async function makeFoldersIn(whole: string, plan: SocketDirectoryPlan): Promise<void> {
  await using folder = await HeldFolder.open(whole);
  await mkdir(folder.at(privateName), { mode: 0o700 });
  await mkdir(folder.at(sharedName), { mode: 0o700 });
  await openTo(folder, plan);
}

async function makeReady(
  whole: string,
  plan: SocketDirectoryPlan,
  bounds: FolderBounds,
): Promise<PluginFolder> {
  // Up to here only this process can enter the folders, so nobody can have replaced what these paths lead to.
  await applyPlan(join(whole, sharedName), plan);
  return new MadeFolder(whole, plan, bounds, await FolderWatch.begin(whole, [sharedName, privateName]));
}

function notAsPlanned(whole: string, cause: unknown): BulkheadError {
  return failed(`can't set owner, mode or ACL of the socket directory ${whole}`, cause);
}

class MadeFolder implements PluginFolder {
  readonly parent: string;
  readonly path: string;
  readonly privatePath: string;
  readonly bounds: FolderBounds;
  readonly removed: Promise<string>;
  readonly #watch: FolderWatch;
  readonly #whole: string;
  readonly #sharedNames = new Set<string>();
  #gone = false;
  readonly #plan: SocketDirectoryPlan;

  constructor(whole: string, plan: SocketDirectoryPlan, bounds: FolderBounds, watch: FolderWatch) {
    this.#watch = watch;
    this.removed = watch.removed;
    this.#whole = whole;
    this.#plan = plan;
    this.parent = dirname(whole);
    this.path = join(whole, sharedName);
    this.privatePath = join(whole, privateName);
    this.bounds = bounds;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  isShared(name: string): boolean {
    return this.#sharedNames.has(name);
  }

  /** Connecting needs write permission on the socket: the plugin gets it as a member of the directory's group. */
  async share(socketPath: string): Promise<void> {
    try {
      await this.#share(socketPath);
    } catch (error) {
      this.#watch.look(); // somebody may have removed the folder where nothing tells of it
      throw error;
    }
  }

  async #share(socketPath: string): Promise<void> {
    const made = join(this.privatePath, basename(socketPath));
    const { uid, gid } = ownerIn(this.#plan);
    await chown(made, uid, gid);
    await chmod(made, 0o660);
    // Replaces whatever the plugin put there under the name, without following a link. Clients connect to the file, not
    // to the path.
    this.#sharedNames.add(basename(socketPath));
    await rename(made, this.#shared(socketPath));
  }

  async withdraw(socketPath: string): Promise<void> {
    // The plugin may have put something else there, or nothing.
    this.#sharedNames.delete(basename(socketPath));
    await unlink(this.#shared(socketPath)).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gone) return;
    this.#watch.end();
    await removeFolder(this.#whole);
    this.#gone = true;
  }

  #shared(socketPath: string): string {
    return join(this.path, basename(socketPath));
  }
}

/** Mounts a small file system on the folder, and unmounts it again if the engine does not see it. */
async function bound(whole: string, engineSees: PluginFolderOptions['engineSees']): Promise<FolderBounds> {
  if (engineSees === undefined) return { bounded: false, why: 'nobody asked for it' };
  await using parent = await HeldFolder.open(dirname(whole), { follow: true });
  {
    await using folder = await HeldFolder.open(whole);
    if (!(await mountSmall(folder))) return { bounded: false, why: "this process can't mount file systems" };
  }
  if (await engineSees(whole).catch(() => false)) return { bounded: true };
  await unmountOwn(parent, basename(whole));
  return { bounded: false, why: 'the engine does not see what this process mounts' };
}

function ownerIn(plan: SocketDirectoryPlan): { uid: number; gid: number } {
  return {
    uid: plan.owner?.uid ?? process.geteuid?.() ?? 0,
    gid: plan.gid ?? plan.owner?.gid ?? process.getegid?.() ?? 0,
  };
}

async function applyPlan(path: string, plan: SocketDirectoryPlan): Promise<void> {
  // The owner is set first: chown clears nothing that is set later, and until chmod only this process can enter.
  const { uid, gid } = ownerIn(plan);
  await chown(path, uid, gid);
  if (plan.defaultAclUid !== undefined) await setDefaultAcl(path, plan.defaultAclUid);
  await chmod(path, plan.mode);
}

/** Lets an engine of another user pass. Every other engine is root or this user. */
async function openTo(folder: HeldFolder, { passingGid }: SocketDirectoryPlan): Promise<void> {
  await folder.chown(process.geteuid?.() ?? 0, passingGid ?? process.getegid?.() ?? 0);
  await folder.chmod(passingGid === undefined ? 0o700 : 0o710);
}

function refuseLongPath(parent: string): void {
  const longest = Buffer.byteLength(parent) + bytesBelow({ ownedFolder: false });
  if (longest <= longestSocketPath) return;
  throw new InvalidOptionError(
    'socketDirectory',
    `sockets below ${parent} could have paths of ${longest} bytes; the limit is ${longestSocketPath}`,
    { hint: 'Choose a folder with a shorter path with `socketDirectory`, or set TMPDIR to one.' },
  );
}

function failed(message: string, cause: unknown): BulkheadError {
  return new BulkheadError('SOCKET_DIRECTORY_FAILED', message, { cause });
}
