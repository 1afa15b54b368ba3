/** Folders that the environment names: the user's home, and those for temporary files and sockets. */
import { statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a variable. An empty variable counts as one that is not set. */
export function variableOf(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}

/**
 * Returns the folder that a variable names. A relative path counts as not set, as the XDG Base Directory Specification
 * asks: it would lead to another folder in each working directory.
 */
export function folderVariable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value !== undefined && isAbsolute(value) ? value : undefined;
}

/** Returns the user's home, which need not exist: `HOME`, else that of the account. */
export function homeFolder(environment: Environment): string | undefined {
  return folderVariable(environment, 'HOME') ?? accountHome();
}

/** Returns the home in the list of users; `undefined` for a user id without an account, as in containers. */
export function accountHome(): string | undefined {
  try {
    const { homedir } = userInfo();
    return isAbsolute(homedir) ? homedir : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the system's temporary folder. `TMPDIR` may be relative, and an engine has another working directory. */
export function temporaryFolder(): string {
  return resolve(tmpdir());
}

/**
 * Returns the folder for sockets of this user, `XDG_RUNTIME_DIR`. A folder that does not exist, or belongs to somebody
 * else, is not used: after su or sudo, the variable is that of the previous user.
 */
export function runtimeFolder(environment: Environment): string | undefined {
  const folder = folderVariable(environment, 'XDG_RUNTIME_DIR');
  if (folder === undefined) return undefined;
  try {
    const found = statSync(folder);
    return found.isDirectory() && found.uid === process.geteuid?.() ? folder : undefined;
  } catch {
    return undefined;
  }
}
