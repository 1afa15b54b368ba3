import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findExecutable } from '../../linux/find-executable.ts';
import { readProcFile } from '../../linux/process-status.ts';
import { parseContext } from '../../linux/selinux-context.ts';
import {
  executedContextAt,
  policyAt,
  selinuxFolder,
  type AskPolicy,
  type ExecutedContext,
} from '../../linux/selinux-policy.ts';
import { isKnown, known, unknown, valueOf, type Fact } from '../fact.ts';
import type { SelinuxFacts } from '../selinux-facts.ts';
import { policyDenials } from './policy-denials.ts';

/** Where SELinux is looked at. The defaults are those of every distribution. */
export interface SelinuxPlaces {
  /** Where selinuxfs is mounted. */
  readonly folder?: string | undefined;
  /** Folder of the configuration. */
  readonly configuration?: string | undefined;
  /** File with the contexts of containers that takes precedence over that of the configuration. */
  readonly containers?: string | undefined;
  /** The context of this process. */
  readonly current?: string | undefined;
  readonly ask?: AskPolicy | undefined;
  readonly executed?: ExecutedContext | undefined;
  /** Folders of programs, as the value of a PATH. Without them no Podman is looked for. */
  readonly programs?: string | undefined;
  /** The context of a file; default: what stat(1) says. */
  readonly contextOf?: ((path: string, programs: string) => Promise<Fact<string>>) | undefined;
}

/** Looks at SELinux on this host, and asks its policy. Nothing is made, changed or logged. */
export async function gatherSelinux(places: SelinuxPlaces = {}): Promise<SelinuxFacts> {
  const { folder = selinuxFolder, current = '/proc/self/attr/current' } = places;
  const own = await contextIn(current);
  const mode = await modeOf(folder, own !== undefined);
  if (valueOf(mode) === 'off') {
    const off = `SELinux is off: ${folder}`;
    return {
      mode,
      context: known('', off),
      containers: known({ process: '', file: '' }, off),
      denied: known([], off),
    };
  }
  const context = own === undefined ? unknown(`${current} has no context`) : known(own, current);
  const containers = await containerContexts(places);
  const startedPodman = await contextOfStartedPodman(places, context);
  const denied = await deniedNeeds(places, folder, { context, containers, startedPodman });
  return { mode, context, ...(startedPodman !== undefined && { startedPodman }), containers, denied };
}

/** Reads the context of a process from its file in `/proc`; `undefined` where that holds none. */
export async function contextIn(file: string): Promise<string | undefined> {
  const text = (await readProcFile(file)).replace(/[\0\n]+$/, '');
  return parseContext(text) === undefined ? undefined : text;
}

/** The policy of some distributions has a domain for Podman; with others it runs in that of whoever starts it. */
async function contextOfStartedPodman(
  { folder = selinuxFolder, programs, contextOf = contextOfFolder, executed }: SelinuxPlaces,
  context: SelinuxFacts['context'],
): Promise<Fact<string> | undefined> {
  const podman = programs === undefined ? undefined : await findExecutable('podman', programs);
  if (podman === undefined || programs === undefined) return undefined;
  if (!isKnown(context)) return context;
  const file = await contextOf(podman, programs);
  if (!isKnown(file)) return file;
  try {
    const found = await (executed ?? executedContextAt(folder))(context.value, file.value);
    return known(found, join(folder, 'create'));
  } catch (error) {
    return unknown(`the policy can't be asked: ${(error as Error).message}`);
  }
}

async function modeOf(folder: string, hasContext: boolean): Promise<SelinuxFacts['mode']> {
  const file = join(folder, 'enforce');
  try {
    const value = (await readFile(file, 'utf8')).trim();
    return known(value === '0' ? 'permissive' : 'enforcing', file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A container sees no selinuxfs, and has a context all the same.
    if (hasContext) return unknown(`this process has a context, and the mode can't be read: ${message}`);
    return code === 'ENOENT' ? known('off', `${file} does not exist`) : unknown(message);
  }
}

/** The file of contexts that engines read (github.com/opencontainers/selinux: go-selinux). */
async function containerContexts({
  configuration = '/etc/selinux',
  containers = '/usr/share/containers/selinux/contexts',
}: SelinuxPlaces): Promise<SelinuxFacts['containers']> {
  try {
    const config = await readFile(join(configuration, 'config'), 'utf8').catch(() => '');
    const policy = /^\s*SELINUXTYPE\s*=\s*([\w.-]+)/m.exec(config)?.[1] ?? 'targeted';
    const ofPolicy = join(configuration, policy, 'contexts/lxc_contexts');
    const [file, text] = await readFile(containers, 'utf8').then(
      (found) => [containers, found] as const,
      async () => [ofPolicy, await readFile(ofPolicy, 'utf8')] as const,
    );
    const named = (name: string): string =>
      new RegExp(`^\\s*${name}\\s*=\\s*"?([^"\\s]+)`, 'm').exec(text)?.[1] ?? '';
    const found = { process: named('process'), file: named('file') };
    if (parseContext(found.process) !== undefined && parseContext(found.file) !== undefined)
      return known(found, file);
    return unknown(`${file} names no contexts for containers`);
  } catch (error) {
    return unknown(`the contexts of containers can't be read: ${(error as Error).message}`);
  }
}

async function deniedNeeds(
  { ask }: SelinuxPlaces,
  folder: string,
  { context, containers, startedPodman = context }: Omit<SelinuxFacts, 'mode' | 'denied'>,
): Promise<SelinuxFacts['denied']> {
  if (!isKnown(context)) return context;
  if (!isKnown(containers)) return containers;
  if (!isKnown(startedPodman)) return startedPodman;
  try {
    const contexts = { own: context.value, podman: startedPodman.value, ...containers.value };
    return known(await policyDenials(ask ?? policyAt(folder), contexts), join(folder, 'access'));
  } catch (error) {
    return unknown(`the policy can't be asked: ${(error as Error).message}`);
  }
}

const statMs = 10_000;

/** Returns the SELinux context of a folder; empty for one that has none. Node has no getxattr(2), so stat(1) reads it. */
export async function contextOfFolder(path: string, programs: string): Promise<Fact<string>> {
  const stat = await findExecutable('stat', programs);
  if (stat === undefined) return unknown('the program stat, which reads contexts, is not here');
  try {
    const words = ['-L', '--printf=%C', '--', path];
    const { stdout } = await promisify(execFile)(stat, words, { timeout: statMs, env: {}, cwd: '/' });
    return known(parseContext(stdout) === undefined ? '' : stdout, `${stat} --printf=%C ${path}`);
  } catch (error) {
    return unknown(`the context of ${path} can't be read: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
}
