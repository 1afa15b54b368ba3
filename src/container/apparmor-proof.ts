import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine, EngineInfo, InspectedContainer } from '../engine/index.ts';
import type { Difference } from './attestation.ts';

/** The profiles that engines have for containers: Docker's, and Podman's with the version of its library. */
const defaultProfile = /^(?:docker-default|containers-default-\d[\w.+~-]*)$/;

/** How long the runtime may take to execute the program, on a slow machine. */
const mostWaitMs = 5_000;
const betweenReadsMs = 20;

/** Whether the engine confines its containers by a profile of AppArmor. A rootless engine can load none. */
export function confinesByAppArmor({ securityOptions, rootless }: EngineInfo): boolean {
  return !rootless && securityOptions.some((option) => /^name=apparmor(,|$)/.test(option));
}

/**
 * Compares the profile that is in force in a running container with the engine's default one. Docker names a profile only
 * once the container has been started, and the kernel knows which one it is.
 *
 * @param options.sandboxed whether gVisor runs the container: its own processes, which confine themselves, are not asked for
 * @param options.seen what the engine has just said of the running container; default: it is asked
 * @returns the difference; `undefined` where there is none, or the container has ended in the meantime
 */
export async function appArmorDifference(
  engine: Engine,
  id: string,
  {
    sandboxed,
    signal,
    seen,
    proc = '/proc',
  }: {
    readonly sandboxed: boolean;
    readonly signal?: AbortSignal | undefined;
    readonly seen?: InspectedContainer | undefined;
    readonly proc?: string;
  },
): Promise<Difference | undefined> {
  if (!confinesByAppArmor(engine.info)) return undefined;
  const { state, apparmorProfile } = seen ?? (await engine.containers.inspect(id, { signal }));
  if (!state.running || state.pid === 0) return undefined;
  const told = profileDifference(apparmorProfile);
  if (told !== undefined) return told;
  if (sandboxed) return undefined;
  const difference = await lastingDifference(posix.join(proc, String(state.pid)), signal);
  if (difference === undefined) return undefined;
  // Another process may have got the id of one that has ended.
  const again = await engine.containers.inspect(id, { signal });
  return again.state.running && again.state.pid === state.pid ? difference : undefined;
}

/**
 * Reads the profile of the process until it is the default one. It takes effect when the runtime executes the program,
 * which may be a moment after the engine has said that the container runs.
 */
async function lastingDifference(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Difference | undefined> {
  for (let waitedMs = 0; ; waitedMs += betweenReadsMs) {
    const profile = await profileOfProcess(folder);
    const difference = profile === undefined ? undefined : profileDifference(profile);
    if (difference === undefined || waitedMs >= mostWaitMs) return difference;
    await delay(betweenReadsMs, undefined, { signal });
  }
}

/**
 * Compares a profile, with or without its mode, with the default ones. A runtime that has a profile of its own, as Debian's
 * crun has, leaves the container in both: `crun//&docker-default (mixed)`. A profile in complain mode prevents nothing.
 */
export function profileDifference(profile: string): Difference | undefined {
  const [, names = '', mode = 'enforce'] = /^(.*?)(?: \((\w+)\))?$/.exec(profile) ?? [];
  const isDefault = names.split('//&').some((name) => defaultProfile.test(name));
  // The modes of a stack are mixed where the runtime's own profile allows everything.
  const isForce = mode === 'enforce' || (mode === 'mixed' && names.includes('//&'));
  if (isDefault && isForce) return undefined;
  return { setting: 'AppArmor', asked: 'the default profile', made: profile === '' ? 'none' : profile };
}

/** Returns the profile of a process, as `docker-default (enforce)`; `undefined` where the kernel does not tell it. */
async function profileOfProcess(folder: string): Promise<string | undefined> {
  for (const name of ['attr/apparmor/current', 'attr/current']) {
    const text = await readFile(posix.join(folder, name), 'utf8').catch(() => '');
    const profile = text.replace(/[\0\n]+$/, '');
    if (profile !== '') return profile;
  }
  return undefined;
}
