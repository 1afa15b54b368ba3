/** The key with which a user's processes recognise what they have made; see owner-proof.ts. */
import { randomBytes } from 'node:crypto';
import { constants, existsSync, type Stats } from 'node:fs';
import { link, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { accountHome, folderVariable } from '../../linux/standard-folders.ts';

export interface OwnerKey {
  readonly key: Buffer;
  /** Whether later processes of this user will find the key again. */
  readonly lasts: boolean;
  /** The folder that holds it; `undefined` when it does not last. */
  readonly folder: string | undefined;
}

const fileName = 'owner.key';
const keyBytes = 32;

/**
 * Reads this user's key, or makes it. It is kept in the user's folder for state, or in `directory` where that folder
 * can't be used (by a service that can't write to its home). Where neither works, the key is gone with this process,
 * and nobody removes what the process leaves when it is killed.
 */
export async function ownerKey({
  directory,
  environment = process.env,
}: {
  readonly directory?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
} = {}): Promise<OwnerKey> {
  for (const folder of [
    ...stateFolders(environment),
    ...(directory === undefined ? [] : [resolve(directory)]),
  ]) {
    const key = await keyIn(folder).catch(() => undefined);
    if (key !== undefined) return { key, lasts: true, folder };
  }
  return { key: randomBytes(keyBytes), lasts: false, folder: undefined };
}

/**
 * Folders for the key, in the order in which they are tried. A home that does not exist is not made, because accounts
 * without a home are set up like that. A home of another user, as under sudo, is refused later.
 */
function stateFolders(environment: NodeJS.ProcessEnv): string[] {
  const state = folderVariable(environment, 'XDG_STATE_HOME');
  const homes = [folderVariable(environment, 'HOME'), accountHome()].filter((path) => path !== undefined);
  const usable = homes.filter((path) => existsSync(path));
  return [
    ...(state === undefined ? [] : [join(state, 'bulkhead')]),
    ...usable.map((path) => join(path, '.local', 'state', 'bulkhead')),
  ];
}

/** Rejects when the folder is not this user's, or the key in it could be known to somebody else. */
async function keyIn(folder: string): Promise<Buffer> {
  await makePrivate(folder);
  const path = join(folder, fileName);
  return (await readKey(path)) ?? makeKey(folder, path);
}

async function makePrivate(folder: string): Promise<void> {
  if (!isOwn(await stat(await nearest(folder)))) throw new Error(`${folder} is below another user's folder`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await stat(folder);
  if (!found.isDirectory() || !isOwn(found)) throw new Error(`${folder} is not this user's alone`);
}

/** The folder itself, or its nearest ancestor that exists. */
async function nearest(folder: string): Promise<string> {
  const there = await stat(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  return there === undefined && dirname(folder) !== folder ? nearest(dirname(folder)) : folder;
}

/** Whether this user owns the folder and nobody else can replace what is in it. */
function isOwn({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & 0o022) === 0;
}

async function readKey(path: string): Promise<Buffer | undefined> {
  // These flags neither follow a link nor wait for a FIFO, whoever put it there.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    if (!found.isFile() || !isOwn(found) || (found.mode & 0o077) !== 0 || found.size !== keyBytes) {
      throw new Error(`${path} is not a key of this user alone`);
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(keyBytes), 0, keyBytes, 0);
    if (bytesRead !== keyBytes) throw new Error(`${path} is cut short`);
    return buffer;
  } finally {
    await file.close();
  }
}

/**
 * Makes the key so that others never see an incomplete one. If several processes make a key, the first one's counts.
 */
async function makeKey(folder: string, path: string): Promise<Buffer> {
  const unfinished = join(folder, `.${fileName}-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(randomBytes(keyBytes));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(unfinished, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  const made = await readKey(path);
  if (made === undefined) throw new Error(`${path} was removed`);
  return made;
}
