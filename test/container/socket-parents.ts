/** Folders for sockets of every kind: those that can be used, and those that others could change or that hold no sockets. */
import { spawnSync } from 'node:child_process';
import { chmod, chown, lchown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SocketParents extends AsyncDisposable {
  readonly usable: Readonly<Record<string, string>>;
  /** By what is wrong: the folder, and the rule that says so. */
  readonly refused: Readonly<Record<string, readonly [path: string, rule: string]>>;
}

const nobody = 65534;

/** Makes them in `parent`. Needs root, to give some to another user. */
export async function makeSocketParents(parent: string): Promise<SocketParents> {
  const folder = async (name: string, { mode = 0o755, uid = 0, gid = 0 } = {}): Promise<string> => {
    const path = join(parent, name);
    await mkdir(path);
    await chown(path, uid, gid);
    await chmod(path, mode);
    return path;
  };
  const link = async (name: string, to: string, uid = 0): Promise<string> => {
    const path = join(parent, name);
    await symlink(to, path);
    await lchown(path, uid, uid);
    return path;
  };
  const plain = await folder('plain');
  const open = await folder('open', { mode: 0o777 });
  const theirs = await folder('theirs', { uid: nobody });
  await mkdir(join(theirs, 'in'));
  await link('theirs/link', plain);
  const file = join(parent, 'file');
  await writeFile(file, '', { mode: 0o755 });
  const readOnly = await folder('read-only');
  mount('--bind', readOnly, readOnly);
  mount('-o', 'remount,bind,ro', readOnly);
  return {
    usable: {
      plain,
      sticky: await folder('sticky', { mode: 0o1777 }),
      'behind a link': await link('link', plain),
      'written in another way': `${parent}//./theirs/../plain/`,
    },
    refused: {
      'of another user': [theirs, 'socket-folder-trusted'],
      'below one of another user': [join(theirs, 'in'), 'socket-folder-trusted'],
      'behind a link in one of another user': [join(theirs, 'link'), 'socket-folder-trusted'],
      'behind a link of another user': [await link('their-link', plain, nobody), 'socket-folder-trusted'],
      'behind a link to one of another user': [await link('to-theirs', theirs), 'socket-folder-trusted'],
      'open to everybody': [open, 'socket-folder-trusted'],
      'open to a group': [await folder('group', { mode: 0o775, gid: nobody }), 'socket-folder-trusted'],
      'a file': [file, 'socket-folder-writable'],
      'below a file': [join(file, 'in'), 'socket-folder-writable'],
      missing: [join(parent, 'missing'), 'socket-folder-writable'],
      'behind a link to nothing': [await link('dangling', join(parent, 'nothing')), 'socket-folder-writable'],
      'behind a link to itself': [await link('loop', 'loop'), 'socket-folder-writable'],
      'read-only': [readOnly, 'socket-folder-writable'],
      'made by the kernel': ['/proc', 'socket-file-system'],
      'too long': [await folder('x'.repeat(68 - parent.length)), 'socket-path-length'],
    },
    [Symbol.asyncDispose]() {
      spawnSync('umount', [readOnly]);
      return Promise.resolve();
    },
  };
}

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
