import type { Engine } from '../../engine/index.ts';
import { readFile } from 'node:fs/promises';
import { known, unknown, type Fact } from '../fact.ts';

/** The profiles that the kernel has loaded, with their modes. Only root may read it. */
const loadedProfiles = '/sys/kernel/security/apparmor/profiles';

/** Finds the AppArmor profile that the engine gives to containers, and whether it enforces. */
export async function containerProfile(
  { kind, rootless }: Pick<Engine, 'kind' | 'rootless'>,
  file: string = loadedProfiles,
): Promise<Fact<string>> {
  if (rootless) return known('', 'a rootless engine can load no profile');
  const text = await readFile(file, 'utf8').catch((error: unknown) => error as Error);
  if (typeof text !== 'string') return unknown(`the loaded profiles can't be read: ${text.message}`);
  const pattern = kind === 'docker' ? /^docker-default \(\w+\)$/ : /^containers-default-\d\S* \(\w+\)$/;
  const found = text.split('\n').findLast((line) => pattern.test(line));
  // Podman loads its profile with the first container, and Docker when it finds it missing.
  return found === undefined ? unknown(`${file} lists none yet`) : known(found, file);
}
