import { readBoundedFile } from '../../linux/bounded-file.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { pathBelowRoot } from './below-root.ts';
import type { EngineProcess } from './engine-process.ts';
import { readProcFile } from '../../linux/process-status.ts';

const longestEnvironment = 1024 * 1024;
const longestConfiguration = 1024 * 1024;

/**
 * Finds the flags with which a Podman service runs its runtime. Its API does not tell them: they are on its command
 * line and, from version 5.7 on, in its configuration files.
 */
export async function podmanRuntimeFlags(
  runtime: string,
  process: Fact<EngineProcess>,
  hasFlagsInFiles: boolean,
): Promise<Fact<readonly string[]>> {
  if (!isKnown(process))
    return unknown(`the command line of the Podman service is not known: ${process.unknown}`);
  const { pid, commandLine } = process.value;
  const given = commandLine.flatMap((argument, index) => {
    if (argument.startsWith('--runtime-flag=')) return [argument.slice('--runtime-flag='.length)];
    return argument === '--runtime-flag' ? [commandLine[index + 1] ?? ''] : [];
  });
  const flags = given.map(withDashes);
  if (!hasFlagsInFiles) return known(flags, `/proc/${pid}/cmdline`);
  let files: string[];
  try {
    files = await configurationFiles(process.value);
  } catch (error) {
    return unknown((error as Error).message);
  }
  const configured = files.flatMap((text) => configuredFlags(text, runtime)).map(withDashes);
  return known([...configured, ...flags], `/proc/${pid}/cmdline and containers.conf`);
}

/** Adds the dashes: Podman takes the flags without them and adds them itself. */
function withDashes(flag: string): string {
  return flag.startsWith('-') ? flag : `--${flag}`;
}

/**
 * Lists the configuration files, containers.conf(5); later ones override earlier ones. CONTAINERS_CONF replaces them
 * all.
 */
async function configurationFiles({ pid, uid, folder }: EngineProcess): Promise<string[]> {
  const environment = (await readProcFile(`/proc/${pid}/environ`, longestEnvironment)).split('\0');
  // For Podman, an empty variable is one that is not set.
  const variable = (name: string) =>
    environment
      .find((entry) => entry.startsWith(`${name}=`) && entry.length > name.length + 1)
      ?.slice(name.length + 1);
  const only = variable('CONTAINERS_CONF');
  const home = variable('XDG_CONFIG_HOME') ?? `${variable('HOME') ?? ''}/.config`;
  const paths =
    only === undefined
      ? [
          '/usr/share/containers/containers.conf',
          '/etc/containers/containers.conf',
          `${home}/containers/containers.conf`,
        ]
      : [only];
  const override = variable('CONTAINERS_CONF_OVERRIDE');
  const all = override === undefined ? paths : [...paths, override];
  return Promise.all(all.map((path) => configurationFile(`${folder}/root`, path, uid)));
}

/**
 * Reads a configuration file. The engine's user chooses its path and its content, so this process, which may be root,
 * reads only what that user could read, and waits for nothing.
 */
async function configurationFile(root: string, path: string, user: number): Promise<string> {
  try {
    const bytes = await readBoundedFile(await pathBelowRoot(root, path), {
      mostBytes: longestConfiguration,
      problem: ({ uid, mode }) =>
        uid === user || (mode & 0o004) !== 0 ? undefined : `user ${user} may not read it`,
    });
    return bytes.toString('utf8');
  } catch (error) {
    // There is no such file, or this user may not read it.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw new Error(`${path}, which the engine reads, can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Returns the list of one runtime in the table `[engine.runtimes_flags]`, which is written in TOML. */
export function configuredFlags(text: string, runtime: string): string[] {
  const [, table = ''] = /^\[engine\.runtimes_flags\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(text) ?? [];
  for (const [, name, list = ''] of table.matchAll(/^[ \t]*"?([\w.-]+)"?[ \t]*=[ \t]*\[([^\][]*)\]/gm)) {
    if (name !== runtime) continue;
    return [...list.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? '');
  }
  return [];
}
