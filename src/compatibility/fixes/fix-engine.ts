/** What to change in the settings of an engine, so that what is refused because of them works. */
import { compareVersions } from '../../engine/internal.ts';
import { findExecutable, searchPath } from '../../linux/find-executable.ts';
import { readReplaceable } from '../../linux/replace-file.ts';
import type { EngineFacts } from '../engine-facts.ts';
import { isKnown, valueOf } from '../fact.ts';
import { findEngineProcess, type EngineProcess } from '../gather/engine-process.ts';
import {
  containersConfOf,
  daemonJsonOf,
  dropInFolder,
  refuseOtherFile,
  unknownPlace,
} from '../gather/settings-place.ts';
import type { MatrixRow } from '../matrix/matrix.ts';
import { changeContainersConf } from './containers-conf.ts';
import { changeDaemonJson } from './daemon-json.ts';
import { rulesOfArguments } from './runtime-arguments.ts';
import type { ArgumentChange } from './settings-text.ts';
import { memlockUnit, podmanUnit } from './unit-drop-in.ts';

/** First Podman that reads the flags of runtimes from containers.conf. */
const podmanWithFlagsInFiles = '5.7';

/** A change of one file. */
export interface SettingsFix {
  readonly file: string;
  /** The rules that it meets. */
  readonly rules: readonly string[];
  /** The file as it is; absent where there is none. */
  readonly before: string | undefined;
  readonly after: string;
  /** What to do so that the engine takes it. */
  readonly then: string;
}

/** What is wrong, as far as a change of settings mends it: by runtime, the rules that are not met. */
export function fixable(engine: EngineFacts, rows: readonly MatrixRow[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const row of rows) {
    if (row.socketPath !== engine.socketPath || row.verdict === 'works') continue;
    for (const { rule } of row.reasons) {
      const mends = rulesOfArguments.includes(rule)
        ? engine.runtimes[row.runtime]?.kind === 'runsc'
        : rule === 'mlock-limit' || (rule === 'runtime-present' && row.runtime === 'runsc');
      const rules = found.get(row.runtime) ?? [];
      if (mends && !rules.includes(rule)) found.set(row.runtime, [...rules, rule]);
    }
  }
  return found;
}

/**
 * Works out the changes for one engine; each is a function, because one may be impossible where another is not.
 *
 * @param configFile in place of the file that the engine is seen to read
 */
export async function settingsFixes(
  engine: EngineFacts,
  rows: readonly MatrixRow[],
  { configFile }: { readonly configFile?: string | undefined } = {},
): Promise<(() => Promise<SettingsFix>)[]> {
  const wrong = fixable(engine, rows);
  if (wrong.size === 0) return [];
  const process = await findEngineProcess(engine);
  const processOf = (): EngineProcess => {
    if (isKnown(process)) return process.value;
    throw unknownPlace(process.unknown);
  };
  const changes = [...wrong].flatMap(([runtime, rules]) => {
    const ofArguments = argumentRules(rules, engine);
    return ofArguments.length === 0
      ? []
      : [() => fixArguments(engine, { runtime, rules: ofArguments }, configFile, processOf)];
  });
  const locks = [...wrong.values()].some((rules) => rules.includes('mlock-limit'));
  return [...changes, ...(locks ? [() => fixLimit(engine, processOf())] : [])];
}

/** A runtime that is missing is given everything that it needs. */
function argumentRules(rules: readonly string[], { rootless }: EngineFacts): string[] {
  if (!rules.includes('runtime-present')) return rules.filter((rule) => rulesOfArguments.includes(rule));
  return ['runsc-host-uds', 'runsc-network', ...(rootless ? ['runsc-ignore-cgroups'] : [])];
}

async function fixArguments(
  engine: EngineFacts,
  { runtime, rules }: Pick<ArgumentChange, 'runtime' | 'rules'>,
  configFile: string | undefined,
  processOf: () => EngineProcess,
): Promise<SettingsFix> {
  const { kind, rootless, version } = engine;
  const program = await findExecutable(runtime, searchPath(process.env['PATH']));
  const change: ArgumentChange = { runtime, program, rules };
  const byUnit =
    kind === 'podman' && configFile === undefined && compareVersions(version, podmanWithFlagsInFiles) < 0;
  if (byUnit) return podmanDropIn(engine, change, processOf());
  const found = async () =>
    kind === 'docker' ? daemonJsonOf(processOf(), rootless) : containersConfOf(processOf(), rootless);
  const file = configFile ?? (await found());
  if (configFile === undefined) await refuseOtherFile(processOf(), file);
  const before = await readReplaceable(file);
  const after = kind === 'docker' ? changeDaemonJson(before, change) : changeContainersConf(before, change);
  const unit = `systemctl ${rootless ? '--user ' : ''}`;
  return {
    file,
    rules,
    before,
    after,
    then: kind === 'docker' ? `${unit}reload docker` : `${unit}restart podman`,
  };
}

async function podmanDropIn(
  { rootless, runtimes }: EngineFacts,
  { runtime, rules }: ArgumentChange,
  process: EngineProcess,
): Promise<SettingsFix> {
  const file = `${await dropInFolder(process, rootless)}/bulkhead-runtime.conf`;
  await refuseOtherFile(process, file);
  const args = valueOf(runtimes[runtime]?.args ?? { unknown: '' }) ?? [];
  const after = podmanUnit(process.commandLine[0] ?? 'podman', runtime, args, rules);
  return { file, rules, before: await readReplaceable(file), after, then: restart(rootless, 'podman') };
}

async function fixLimit(engine: EngineFacts, process: EngineProcess): Promise<SettingsFix> {
  const { rootless, kind } = engine;
  const file = `${await dropInFolder(process, rootless)}/bulkhead-memlock.conf`;
  await refuseOtherFile(process, file);
  const forUser = rootless
    ? ` As root, give user@${process.uid}.service the same drop-in first, and let the user log in anew.`
    : '';
  const then = `${restart(rootless, kind)}${forUser}`;
  return { file, rules: ['mlock-limit'], before: await readReplaceable(file), after: memlockUnit, then };
}

function restart(rootless: boolean, unit: string): string {
  const systemctl = `systemctl ${rootless ? '--user ' : ''}`;
  return `${systemctl}daemon-reload && ${systemctl}restart ${unit}`;
}
