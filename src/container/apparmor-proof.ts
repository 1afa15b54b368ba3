import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Engine, EngineInfo } from '../engine/index.ts';
import type { Difference } from './attestation.ts';

/** The profiles that engines have for containers: Docker's, and Podman's with the version of its library. */
const defaultProfile = /^(docker-default|containers-default-\d[\w.+~-]*)(?: \((\w+)\))?$/;

/** Whether the engine confines its containers by a profile of AppArmor. A rootless engine can load none. */
export function confinesByAppArmor({ securityOptions, rootless }: EngineInfo): boolean {
  return !rootless && securityOptions.some((option) => /^name=apparmor(,|$)/.test(option));
}

/**
 * Compares the profile that is in force in a running container with the engine's default one. Docker names a profile only
 * once the container has been started, and the kernel knows which one it is.
 *
 * @param options.sandboxed whether gVisor runs the container: its own processes, which confine themselves, are not asked for
 * @returns the difference; `undefined` where there is none, or the container has ended in the meantime
 */
export async function appArmorDifference(
  engine: Engine,
  id: string,
  {
    sandboxed,
    signal,
    proc = '/proc',
  }: { readonly sandboxed: boolean; readonly signal?: AbortSignal | undefined; readonly proc?: string },
): Promise<Difference | undefined> {
  if (!confinesByAppArmor(engine.info)) return undefined;
  const { state, apparmorProfile } = await engine.containers.inspect(id, { signal });
  if (!state.running || state.pid === 0) return undefined;
  const told = differenceOf(apparmorProfile);
  if (told !== undefined) return told;
  if (sandboxed) return undefined;
  const real = await profileOfProcess(posix.join(proc, String(state.pid)));
  const difference = real === undefined ? undefined : differenceOf(real);
  if (difference === undefined) return undefined;
  // Another process may have got the id of one that has ended.
  const again = await engine.containers.inspect(id, { signal });
  return again.state.running && again.state.pid === state.pid ? difference : undefined;
}

/** A profile in complain mode prevents nothing. */
function differenceOf(profile: string): Difference | undefined {
  const [, , mode = 'enforce'] = defaultProfile.exec(profile) ?? [];
  if (defaultProfile.test(profile) && mode === 'enforce') return undefined;
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
