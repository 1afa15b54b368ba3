import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findExecutable, programFolders } from '../../linux/find-executable.ts';

const setfaclMs = 10_000;

/** Lets `uid` connect to new sockets in the directory, whoever makes them, once their maker chmods them 0660. */
export async function setDefaultAcl(path: string, uid: number): Promise<void> {
  const { path: folders } = await programFolders(process.env['PATH']);
  const setfacl = await findExecutable('setfacl', folders);
  if (setfacl === undefined)
    throw new Error('setfacl is not in a folder that only root or this user can change');
  const words = ['-d', '-m', `u::rwx,u:${uid}:rw-,g::rw-,m::rwx,o::---`, '--', path];
  // The program needs nothing of this process: its variables may hold secrets.
  await promisify(execFile)(setfacl, words, { env: {}, cwd: '/', timeout: setfaclMs });
}
