/**
 * How a Docker runs a runtime that is a containerd shim (`runtimeType` in daemon.json). Docker's answers tell nothing of
 * it from version 24 on, so its configuration file is read where it can be seen.
 */
import { z } from 'zod';
import type { EngineInfo } from '../../engine/index.ts';
import { readBoundedFile } from '../../linux/bounded-file.ts';
import { readProcFile } from '../../linux/process-status.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { runtimeKind } from '../runtime-kind.ts';
import { pathBelowRoot } from './below-root.ts';
import type { EngineProcess } from './engine-process.ts';
import { foreignWriter } from './file-owner.ts';
import { startedAt } from './process-start.ts';
import { shimSettings } from './shim-settings.ts';

const longestConfiguration = 1024 * 1024;
const longestEnvironment = 1024 * 1024;

/** What is known of a runtime that is a containerd shim. */
export interface ShimRuntime {
  /** Kind of the runtime that the shim runs. */
  readonly kind: ReturnType<typeof runtimeKind>;
  /** Arguments that the shim gives it. */
  readonly args: Fact<readonly string[]>;
  /** The runtime's program, if the settings name one. */
  readonly program: string | undefined;
}

const shimSchema = z.object({
  runtimeType: z.string().min(1),
  options: z.record(z.string(), z.unknown()).nullish(),
});
type Shim = z.infer<typeof shimSchema>;

/** Finds out how the engine runs the runtime of that name, which has no program of its own in the engine's answer. */
export async function shimRuntime(
  name: string,
  info: EngineInfo,
  process: Fact<EngineProcess>,
): Promise<ShimRuntime> {
  const shim = await shimOf(name, info, process);
  if (!isKnown(shim)) return { kind: runtimeKind(name), args: shim, program: undefined };
  const { runtimeType, options } = shim.value;
  const given = new Map(Object.entries(options ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
  const kind = runtimeKind(runtimeType);
  if (kind === 'runc') {
    const binary = given.get('binaryname');
    // The shim of runc gives its program no arguments but its own.
    const program = typeof binary === 'string' && binary !== '' ? binary : undefined;
    return { kind: runtimeKind(program ?? 'runc'), args: known([], shim.evidence), program };
  }
  if (kind !== 'runsc')
    return { kind, args: unknown(`nothing is known of the shim ${runtimeType}`), program: undefined };
  const path = given.get('configpath') ?? '';
  if (path === '') return { kind, args: known([], `${shim.evidence}: no settings`), program: undefined };
  const typeUrl = given.get('typeurl');
  if (typeof path !== 'string' || typeUrl !== 'io.containerd.runsc.v1.options')
    return { kind, args: unknown('the options of the shim are not those that it takes'), program: undefined };
  const settings = await shimSettings(path, process);
  return { kind, ...settings };
}

async function shimOf(name: string, info: EngineInfo, process: Fact<EngineProcess>): Promise<Fact<Shim>> {
  const { Runtimes: told } = info.raw as { readonly Runtimes?: Readonly<Record<string, unknown>> };
  const inAnswer = shimSchema.safeParse(told?.[name]);
  if (inAnswer.success) return known(inAnswer.data, 'GET /info: Runtimes');
  if (!isKnown(process))
    return unknown(`the settings of a containerd shim are in a file: ${process.unknown}`);
  return configuredShim(name, process.value);
}

async function configuredShim(name: string, process: EngineProcess): Promise<Fact<Shim>> {
  const path = await configurationPath(process);
  try {
    let changedAt = 0;
    const bytes = await readBoundedFile(await pathBelowRoot(`${process.folder}/root`, path), {
      mostBytes: longestConfiguration,
      problem: (found) => {
        changedAt = Math.max(found.mtimeMs, found.ctimeMs);
        return foreignWriter(found, process);
      },
    });
    const started = await startedAt(process.startTime);
    if (started === undefined || changedAt > started)
      return unknown(`${path} was changed after the engine was started, which may not have read it again`);
    const { runtimes } = z
      .object({ runtimes: z.record(z.string(), z.unknown()).optional() })
      .parse(JSON.parse(bytes.toString('utf8')));
    const shim = shimSchema.safeParse(runtimes?.[name]);
    return shim.success ? known(shim.data, path) : unknown(`${path} says nothing of a shim for ${name}`);
  } catch (error) {
    return unknown(`${path} can't be used: ${(error as Error).message}`);
  }
}

/** dockerd(8): `--config-file`, or the usual place, which a rootless daemon has in the home of its user. */
async function configurationPath({ pid, uid, commandLine }: EngineProcess): Promise<string> {
  const at = commandLine.findIndex((argument) => /^--?config-file(=|$)/.test(argument));
  const given = commandLine[at];
  if (given !== undefined)
    return given.includes('=') ? given.slice(given.indexOf('=') + 1) : (commandLine[at + 1] ?? '');
  if (uid === 0) return '/etc/docker/daemon.json';
  const environment = (await readProcFile(`/proc/${pid}/environ`, longestEnvironment)).split('\0');
  const variable = (name: string) =>
    environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
  return `${variable('XDG_CONFIG_HOME') ?? `${variable('HOME') ?? ''}/.config`}/docker/daemon.json`;
}
