/** Where the settings of an engine are that runs on this host. */
import { stat } from 'node:fs/promises';
import { BulkheadError } from '../../errors.ts';
import { readProcFile } from '../../linux/process-status.ts';
import type { EngineProcess } from './engine-process.ts';

const longestEnvironment = 1024 * 1024;

/** Path of the daemon.json that Docker reads. */
export async function daemonJsonOf(process: EngineProcess, rootless: boolean): Promise<string> {
  const given = flagOf(process.commandLine, '--config-file');
  if (given !== undefined) return given;
  return rootless ? `${await configFolder(process)}/docker/daemon.json` : '/etc/docker/daemon.json';
}

/** Path of the containers.conf of this engine alone that Podman reads last. */
export async function containersConfOf(process: EngineProcess, rootless: boolean): Promise<string> {
  const variables = await environmentOf(process);
  const only = variables.get('CONTAINERS_CONF_OVERRIDE') ?? variables.get('CONTAINERS_CONF');
  if (only !== undefined) return only;
  return rootless
    ? `${await configFolder(process)}/containers/containers.conf`
    : '/etc/containers/containers.conf';
}

/** Folder of the drop-ins of the systemd unit in which the engine runs. */
export async function dropInFolder(process: EngineProcess, rootless: boolean): Promise<string> {
  const cgroups = await readProcFile(`/proc/${process.pid}/cgroup`, longestEnvironment);
  const unit = /\/([\w@.\\:-]+\.service)$/m.exec(cgroups)?.[1];
  if (unit === undefined || (rootless && unit.startsWith('user@')))
    throw unknownPlace('it does not run in a unit of systemd');
  return rootless ? `${await configFolder(process)}/systemd/user/${unit}.d` : `/etc/systemd/system/${unit}.d`;
}

/**
 * Refuses a path at which the engine sees another file than this process, as one in a container does.
 *
 * @throws BulkheadError `FILE_UNUSABLE`
 */
export async function refuseOtherFile({ folder }: EngineProcess, path: string): Promise<void> {
  if (!path.startsWith('/')) throw unknownPlace(`${path} is no absolute path`);
  try {
    const [seen, own] = await Promise.all([identityOf(`${folder}/root${path}`), identityOf(path)]);
    if (seen !== own) throw unknownPlace(`the engine has a file system of its own, and another ${path}`);
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    throw unknownPlace(`whether the engine reads ${path} can't be seen: ${(error as Error).message}`);
  }
}

export function unknownPlace(why: string): BulkheadError {
  return new BulkheadError('FILE_UNUSABLE', `which settings the engine reads is not known: ${why}`, {
    hint: 'Name the file with `configFile`.',
  });
}

/** The file, or where there is none, the next folder on the way to it. */
async function identityOf(path: string): Promise<string> {
  for (let place = path; ; place = place.slice(0, place.lastIndexOf('/')) || '/') {
    try {
      const { dev, ino } = await stat(place);
      return `${path.length - place.length} ${dev} ${ino}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || place === '/') throw error;
    }
  }
}

async function configFolder(process: EngineProcess): Promise<string> {
  const variables = await environmentOf(process);
  const home = variables.get('HOME');
  const folder = variables.get('XDG_CONFIG_HOME') ?? (home === undefined ? undefined : `${home}/.config`);
  if (folder === undefined) throw unknownPlace('it has no home directory');
  return folder;
}

async function environmentOf({ pid }: EngineProcess): Promise<Map<string, string>> {
  const entries = (await readProcFile(`/proc/${pid}/environ`, longestEnvironment)).split('\0');
  return new Map(
    entries.flatMap((entry) => {
      const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(entry) ?? [];
      return name === '' ? [] : [[name, value] as const];
    }),
  );
}

function flagOf(commandLine: readonly string[], flag: string): string | undefined {
  for (const [at, word] of commandLine.entries()) {
    if (word === flag) return commandLine[at + 1];
    if (word.startsWith(`${flag}=`)) return word.slice(flag.length + 1);
  }
  return undefined;
}
