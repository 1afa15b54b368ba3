import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { compareVersions } from '../../engine/internal.ts';
import type { EngineInfo, RuntimeInfo } from '../../engine/index.ts';
import { matchesPattern, programsWithUserNamespaces } from '../../linux/apparmor-profiles.ts';
import { searchPath } from '../../linux/find-executable.ts';
import type { RuntimeFacts } from '../engine-facts.ts';
import { isKnown, known, unknown, valueOf, type Fact } from '../fact.ts';
import { runtimeKind } from '../runtime-kind.ts';
import { pathBelowRoot } from './below-root.ts';
import { absentFor, type EngineProcess } from './engine-process.ts';
import { podmanRuntimeFlags } from './podman-flags.ts';
import { programVersion } from './program-version.ts';
import { systemdDenial } from './systemd-denial.ts';
import { shimRuntime } from './shim-runtime.ts';

/** Looks at each runtime that the engine lists: by the engine's answer, and by its program where that can be seen. */
export async function gatherRuntimes(
  kind: 'docker' | 'podman',
  info: EngineInfo,
  process: Fact<EngineProcess>,
): Promise<Record<string, RuntimeFacts>> {
  const entries = await Promise.all(
    Object.entries(info.runtimes).map(async ([name, runtime]) => {
      return [name, await gatherRuntime(kind, name, runtime, info, process)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

async function gatherRuntime(
  kind: 'docker' | 'podman',
  name: string,
  runtime: RuntimeInfo,
  info: EngineInfo,
  process: Fact<EngineProcess>,
): Promise<RuntimeFacts> {
  const shim =
    kind === 'docker' && runtime.path === undefined ? await shimRuntime(name, info, process) : undefined;
  const program = await findProgram(runtime.path ?? shim?.program, process);
  const path =
    runtime.path === undefined ? unknown('a containerd shim') : known(runtime.path, 'GET /info: Runtimes');
  const script = await isScript(program);
  const usesAppArmor = info.securityOptions.some((option) => /^name=apparmor(,|$)/.test(option));
  return {
    ...(usesAppArmor &&
      runtimeKind(runtime.path ?? name) === 'crun' && { ownProfile: await profileOf(program) }),
    ...(kind === 'docker' &&
      !info.rootless &&
      info.cgroupDriver === 'systemd' &&
      (shim?.kind ?? runtimeKind(runtime.path ?? name)) === 'runsc' && {
        systemdDenial: await systemdDenialOf(runtime, info, program, process),
      }),
    kind: script === true ? 'other' : (shim?.kind ?? runtimeKind(runtime.path ?? name)),
    path,
    installed: isKnown(program) ? known(program.value.path !== '', program.evidence) : program,
    args:
      script === true || shim === undefined
        ? await argumentsOf(kind, name, runtime, info, process, script)
        : shim.args,
    version:
      (shim?.kind ?? runtimeKind(runtime.path ?? name)) === 'runsc'
        ? await versionOf(kind, info, program)
        : toldVersion(kind, info),
  };
}

/** A program as the engine finds it. */
interface Program {
  /** Its path for the engine; empty where it is not there. */
  readonly path: string;
  /** The same file as this process sees it, below the engine's root in `/proc`. It is read and never run. */
  readonly seen: string;
}

async function findProgram(path: string | undefined, process: Fact<EngineProcess>): Promise<Fact<Program>> {
  if (path === undefined) return unknown('the program of a containerd shim is not shown');
  if (!isKnown(process)) return process;
  const root = `${process.value.folder}/root`;
  const candidates = path.startsWith('/')
    ? [path]
    : searchPath(undefined)
        .split(':')
        .map((folder) => `${folder}/${path}`);
  for (const candidate of candidates) {
    try {
      const seen = await pathBelowRoot(root, candidate);
      return known({ path: candidate, seen }, `${root}${candidate}`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') return unknown(message);
    }
  }
  // A name without a folder may be found through the engine's own PATH.
  return path.startsWith('/')
    ? absentFor(process.value, { path: '', seen: '' }, `${root}${path}`)
    : unknown(`${path} is in none of the usual folders`);
}

async function systemdDenialOf(
  runtime: RuntimeInfo,
  info: EngineInfo,
  program: Fact<Program>,
  process: Fact<EngineProcess>,
): Promise<Fact<string>> {
  if (!isKnown(process)) return process;
  if (!isKnown(program)) return program;
  const file = executedFile(runtime, info, { folder: process.value.folder, program: program.value.seen });
  return systemdDenial(process.value.pid, file);
}

/**
 * Returns what Docker executes for a runtime, or a folder whose label it has: a runtime with arguments is started by a script
 * that Docker writes into its storage, and so in another domain of SELinux than the program itself would be.
 */
export function executedFile(
  { args = [] }: Pick<RuntimeInfo, 'args'>,
  { storageRoot }: Pick<EngineInfo, 'storageRoot'>,
  { folder, program }: { readonly folder: string; readonly program: string },
): string {
  return args.length === 0 ? program : `${folder}/root${storageRoot}/runtimes`;
}

/** Finds out whether AppArmor has a profile for the program, as Debian and Ubuntu bring one for crun. */
async function profileOf(program: Fact<Program>): Promise<Fact<string>> {
  if (!isKnown(program)) return program;
  const { path } = program.value;
  const found =
    path !== '' && (await programsWithUserNamespaces()).some((each) => matchesPattern(path, each));
  return known(found ? path : '', '/etc/apparmor.d');
}

async function isScript(program: Fact<Program>): Promise<boolean | undefined> {
  const seen = valueOf(program)?.seen ?? '';
  if (seen === '') return undefined;
  try {
    await using file = await open(seen, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1') === '#!';
  } catch {
    return undefined;
  }
}

async function argumentsOf(
  kind: 'docker' | 'podman',
  name: string,
  runtime: RuntimeInfo,
  info: EngineInfo,
  process: Fact<EngineProcess>,
  script: boolean | undefined,
): Promise<RuntimeFacts['args']> {
  if (script === true)
    return unknown(`${runtime.path ?? name} is a script, which may add arguments of its own`);
  if (kind === 'podman') {
    const hasFlagsInFiles = compareVersions(info.serverVersion, '5.7') >= 0;
    return podmanRuntimeFlags(name, process, hasFlagsInFiles);
  }
  return known(runtime.args ?? [], 'GET /info: Runtimes');
}

async function versionOf(
  kind: 'docker' | 'podman',
  info: EngineInfo,
  program: Fact<Program>,
): Promise<Fact<string>> {
  const told = kind === 'podman' ? podmanRuntimeVersion(info.raw) : undefined;
  if (told !== undefined) return known(told, 'GET /libpod/info: host.ociRuntime.version');
  if (!isKnown(program)) return program;
  return program.value.path === '' ? unknown('its program is not there') : programVersion(program.value);
}

/** Podman tells the version of the one runtime that it runs; the others are not asked. */
function toldVersion(kind: 'docker' | 'podman', info: EngineInfo): Fact<string> {
  const told = kind === 'podman' ? podmanRuntimeVersion(info.raw) : undefined;
  return told === undefined ? unknown('not asked') : known(told, 'GET /libpod/info: host.ociRuntime.version');
}

function podmanRuntimeVersion(raw: unknown): string | undefined {
  const text = (raw as { host?: { ociRuntime?: { version?: unknown } } }).host?.ociRuntime?.version;
  return typeof text === 'string' ? /version\s+(\S+)/.exec(text)?.[1] : undefined;
}
