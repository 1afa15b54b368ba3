import { execFile } from 'node:child_process';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programsWithUserNamespaces } from '../../linux/apparmor-profiles.ts';
import { findExecutable } from '../../linux/find-executable.ts';
import { subordinateIds, userName } from '../../linux/subordinate-ids.ts';
import { known, unknown, type Fact } from '../fact.ts';
import type { UserNamespaceFacts } from '../user-namespace-facts.ts';

/** Where it is looked. The defaults are those of every distribution. */
export interface UserNamespacePlaces {
  /** Folder of the kernel's parameters. */
  readonly parameters?: string | undefined;
  readonly configuration?: string | undefined;
  readonly uid?: number | undefined;
}

/**
 * Looks at what user namespaces of this user depend on. No namespace is made.
 *
 * @param programs folders of programs, as the value of a PATH
 */
export async function gatherUserNamespaces(
  programs: string,
  places: UserNamespacePlaces = {},
): Promise<UserNamespaceFacts> {
  const { parameters = '/proc/sys', configuration = '/etc', uid = process.geteuid?.() ?? 0 } = places;
  const [most, unprivileged, restricted] = await Promise.all([
    parameter(join(parameters, 'user/max_user_namespaces'), undefined),
    parameter(join(parameters, 'kernel/unprivileged_userns_clone'), 1),
    parameter(join(parameters, 'kernel/apparmor_restrict_unprivileged_userns'), 0),
  ]);
  const isRestricted = 'value' in restricted && restricted.value !== 0;
  const profiles = join(configuration, 'apparmor.d');
  const [allowed, program, mappers, subordinate] = await Promise.all([
    isRestricted ? programsWithUserNamespaces(profiles) : [],
    engineProgram(programs),
    mapperProblem(programs),
    ownSubordinateIds(configuration, uid),
  ]);
  return {
    most,
    unprivileged: isOn(unprivileged),
    restricted: isOn(restricted),
    allowedPrograms: known(allowed, isRestricted ? profiles : 'nothing is restricted'),
    program,
    mappers,
    subordinate,
  };
}

/** @param otherwise what a kernel without the parameter does */
async function parameter(file: string, otherwise: number | undefined): Promise<Fact<number>> {
  try {
    return known(Number((await readFile(file, 'utf8')).trim()), file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || otherwise === undefined) return unknown(message);
    return known(otherwise, `${file} does not exist`);
  }
}

function isOn(fact: Fact<number>): Fact<boolean> {
  return 'value' in fact ? known(fact.value !== 0, fact.evidence) : fact;
}

async function engineProgram(programs: string): Promise<Fact<string>> {
  for (const name of ['podman', 'rootlesskit']) {
    const found = await findExecutable(name, programs);
    if (found !== undefined) return known(await realpath(found).catch(() => found), found);
  }
  return known('', `neither podman nor rootlesskit in ${programs}`);
}

async function mapperProblem(programs: string): Promise<Fact<string>> {
  const found = await Promise.all(
    ['newuidmap', 'newgidmap'].map(async (name) => {
      const file = await findExecutable(name, programs);
      if (file === undefined) return known(`${name} is not installed`, `PATH ${programs}`);
      return privilegeProblem(name, file, programs);
    }),
  );
  return (
    found.find((fact) => 'value' in fact && fact.value !== '') ??
    found.find((fact) => 'unknown' in fact) ??
    found[0] ??
    unknown('nothing was looked at')
  );
}

const getcapMs = 10_000;

/** The programs must be able to gain a capability: by the set-user-id bit, or by one of their own. */
async function privilegeProblem(name: string, file: string, programs: string): Promise<Fact<string>> {
  const { mode, uid } = await stat(file);
  if (uid === 0 && (mode & 0o4000) !== 0) return known('', `${file}: set-user-id root`);
  const getcap = await findExecutable('getcap', programs);
  if (getcap === undefined)
    return unknown(`${file} has no set-user-id bit, and its capabilities can't be read without getcap`);
  const wanted = name === 'newuidmap' ? 'cap_setuid' : 'cap_setgid';
  try {
    const { stdout } = await promisify(execFile)(getcap, [file], { timeout: getcapMs, env: {}, cwd: '/' });
    const problem = `${file} has neither the set-user-id bit nor ${wanted}`;
    return known(new RegExp(`\\b${wanted}\\b.*[=+]\\w*e`).test(stdout) ? '' : problem, `${getcap} ${file}`);
  } catch (error) {
    return unknown(`the capabilities of ${file} can't be read: ${(error as Error).message}`);
  }
}

async function ownSubordinateIds(
  configuration: string,
  uid: number,
): Promise<UserNamespaceFacts['subordinate']> {
  const read = (name: string) => readFile(join(configuration, name), 'utf8').catch(() => '');
  const [passwd, uids, gids, services] = await Promise.all(
    ['passwd', 'subuid', 'subgid', 'nsswitch.conf'].map(read),
  );
  // Ids may come from a directory service, for which there is no file.
  if (/^\s*subid\s*:\s*(?!files\s*$)\S/m.test(services ?? ''))
    return unknown('subordinate ids come from a service: nsswitch.conf, subid');
  const owner = { uid, name: userName(passwd ?? '', uid) };
  return known(
    { uids: subordinateIds(uids ?? '', owner), gids: subordinateIds(gids ?? '', owner) },
    `${join(configuration, 'subuid')}, ${join(configuration, 'subgid')}`,
  );
}
