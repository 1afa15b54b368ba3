import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the kernel shows SELinux, and its policy can be asked. */
export const selinuxFolder = '/sys/fs/selinux';

/** Whether a process of one context may do something to an object of another one. */
export interface PolicyQuestion {
  readonly source: string;
  readonly target: string;
  /** Class of the object, such as `unix_stream_socket`. */
  readonly objectClass: string;
  readonly permissions: readonly string[];
}

/** Returns the permissions that are denied, in the order of the question. Rejects where the policy can't be asked. */
export type AskPolicy = (question: PolicyQuestion) => Promise<readonly string[]>;

/** A flag of the kernel's answer: the source's type is permissive, so that its denials are only logged. */
const isPermissive = 1;

/**
 * Returns a function that asks the policy that the kernel has loaded, with all of its constraints, through the file
 * `access` of selinuxfs. Nothing is done or logged by asking.
 *
 * @param folder where selinuxfs is mounted
 */
export function policyAt(folder: string = selinuxFolder): AskPolicy {
  const number = (...path: readonly string[]): Promise<number> => numberIn(join(folder, 'class', ...path));
  return async ({ source, target, objectClass, permissions }) => {
    const [index, ...bits] = await Promise.all([
      number(objectClass, 'index'),
      ...permissions.map((name) => number(objectClass, 'perms', name)),
    ]);
    const { allowed, flags } = await decision(join(folder, 'access'), `${source} ${target} ${index}`);
    if ((flags & isPermissive) !== 0) return [];
    return permissions.filter((_, at) => ((allowed >>> ((bits[at] ?? 1) - 1)) & 1) === 0);
  };
}

/** Returns the context of a process of one context after it has executed a file of another one. */
export type ExecutedContext = (process: string, file: string) => Promise<string>;

/** Returns a function that asks the loaded policy through the file `create` of selinuxfs. */
export function executedContextAt(folder: string = selinuxFolder): ExecutedContext {
  return async (process, file) => {
    const index = await numberIn(join(folder, 'class/process/index'));
    return (await answerOf(join(folder, 'create'), `${process} ${file} ${index}`)).replace(/[\0\n]+$/, '');
  };
}

async function numberIn(file: string): Promise<number> {
  const value = Number((await readFile(file, 'utf8')).trim());
  if (!Number.isInteger(value) || value <= 0) throw new Error(`${file} has no number`);
  return value;
}

/** Writes a question and reads the answer through the same descriptor, as selinuxfs wants it. */
async function answerOf(file: string, question: string): Promise<string> {
  await using handle = await open(file, 'r+');
  await handle.write(question, 0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

async function decision(file: string, question: string): Promise<{ allowed: number; flags: number }> {
  const words = (await answerOf(file, question)).split(/\s+/);
  const [allowed, , , , , flags = '0'] = words;
  if (allowed === undefined || !/^[0-9a-f]{1,8}$/.test(allowed) || words.length < 5)
    throw new Error(`${file} gave no answer that is understood`);
  return { allowed: Number.parseInt(allowed, 16), flags: Number.parseInt(flags, 16) };
}
