import { readFile } from 'node:fs/promises';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import type { EngineProcess } from './engine-process.ts';

/**
 * The flags with which a Podman service runs its runtime. No answer of its API tells: they stand on its command line
 * and, from version 5.7 on, in its configuration files.
 */
export async function podmanRuntimeFlags(
  runtime: string,
  process: Fact<EngineProcess>,
  hasFlagsInFiles: boolean,
): Promise<Fact<readonly string[]>> {
  if (!isKnown(process))
    return unknown(`the command line of the Podman service is not known: ${process.unknown}`);
  const { pid, commandLine, folder } = process.value;
  const given = commandLine.flatMap((argument, index) => {
    if (argument.startsWith('--runtime-flag=')) return [argument.slice('--runtime-flag='.length)];
    return argument === '--runtime-flag' ? [commandLine[index + 1] ?? ''] : [];
  });
  const flags = given.map(withDashes);
  if (!hasFlagsInFiles) return known(flags, `/proc/${pid}/cmdline`);
  const files = await configurationFiles(pid, folder);
  const configured = files.flatMap((text) => configuredFlags(text, runtime)).map(withDashes);
  return known([...configured, ...flags], `/proc/${pid}/cmdline and containers.conf`);
}

/** Podman wants them without their dashes, and puts them before. */
function withDashes(flag: string): string {
  return flag.startsWith('-') ? flag : `--${flag}`;
}

/** containers.conf(5), later ones win. CONTAINERS_CONF replaces them all. */
async function configurationFiles(pid: number, folder: string): Promise<string[]> {
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
  const variable = (name: string) =>
    environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
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
  const texts = await Promise.all(
    all.map((path) => readFile(`${folder}/root${path}`, 'utf8').catch(() => '')),
  );
  return texts;
}

/** The list of one runtime in the table `[engine.runtimes_flags]`, as TOML has it. */
export function configuredFlags(text: string, runtime: string): string[] {
  const [, table = ''] = /^\[engine\.runtimes_flags\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(text) ?? [];
  for (const [, name, list = ''] of table.matchAll(/^\s*"?([\w.-]+)"?\s*=\s*\[([^\]]*)\]/gm)) {
    if (name !== runtime) continue;
    return [...list.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? '');
  }
  return [];
}
