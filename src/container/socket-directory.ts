import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SocketDirectoryPlan } from '../compatibility/index.ts';
import { findExecutable, programFolders } from '../engine/podman-service/find-executable.ts';
import { BulkheadError, InvalidOptionError } from '../errors.ts';

/** Longest path the kernel takes for a unix socket (`sun_path` is 108 bytes with its closing zero). */
const longestSocketPath = 107;
/** Room for the names that plugins and the broker give their sockets: `/plugin` and up to ten digits, with a margin. */
const roomForSocketName = 24;

/** A private directory on the host, bind-mounted into the container, in which plugin and host make their sockets. */
export interface SocketDirectory extends AsyncDisposable {
  readonly path: string;
  /** Deletes the directory and everything in it. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes the socket directory as the strategy plans it: owner, group, mode, default ACL.
 *
 * @param options.parent where to make it; default: the system's folder for temporary files. The engine must see the
 *   same folder under the same path.
 * @throws InvalidOptionError when a socket in it would have too long a path
 * @throws BulkheadError `SOCKET_DIRECTORY_FAILED` when it can't be made as planned; then nothing is left of it
 */
export async function createSocketDirectory(
  plan: SocketDirectoryPlan,
  options: { parent?: string | undefined } = {},
): Promise<SocketDirectory> {
  const parent = options.parent ?? tmpdir();
  refuseLongPath(parent);
  const path = await mkdtemp(join(parent, 'bulkhead-')).catch((cause: unknown) => {
    throw failed(`can't make a socket directory in ${parent}`, cause);
  });
  const directory: SocketDirectory = {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
  try {
    await applyPlan(path, plan);
    return directory;
  } catch (cause) {
    await directory[Symbol.asyncDispose]();
    throw failed(`can't set owner, mode or ACL of the socket directory ${path}`, cause);
  }
}

async function applyPlan(path: string, plan: SocketDirectoryPlan): Promise<void> {
  // Owner first: chown clears nothing we set later, and until chmod only this process can enter.
  const uid = plan.owner?.uid ?? process.geteuid?.() ?? 0;
  const gid = plan.gid ?? plan.owner?.gid ?? process.getegid?.() ?? 0;
  await chown(path, uid, gid);
  if (plan.defaultAclUid !== undefined) await setDefaultAcl(path, plan.defaultAclUid);
  await chmod(path, plan.mode);
}

/** New sockets in the directory can be connected to by `uid`, whoever makes them, once their maker chmods them 0660. */
async function setDefaultAcl(path: string, uid: number): Promise<void> {
  const { path: folders } = await programFolders(process.env['PATH']);
  const setfacl = await findExecutable('setfacl', folders);
  if (setfacl === undefined)
    throw new Error('setfacl is not in a folder that only root or this user can change');
  await promisify(execFile)(setfacl, ['-d', '-m', `u::rwx,u:${uid}:rw-,g::rw-,m::rwx,o::---`, '--', path]);
}

function refuseLongPath(parent: string): void {
  // mkdtemp adds `/bulkhead-` and six characters.
  const longest = Buffer.byteLength(parent) + '/bulkhead-XXXXXX'.length + roomForSocketName;
  if (longest <= longestSocketPath) return;
  throw new InvalidOptionError(
    'socketDirectory',
    `sockets below ${parent} could have paths of ${longest} bytes; the limit is ${longestSocketPath}`,
    { hint: 'Choose a folder with a shorter path, or set TMPDIR to one.' },
  );
}

function failed(message: string, cause: unknown): BulkheadError {
  return new BulkheadError('SOCKET_DIRECTORY_FAILED', message, { cause });
}
