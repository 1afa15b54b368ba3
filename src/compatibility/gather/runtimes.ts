import { execFile } from 'node:child_process';
import { access, open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { compareVersions } from '../../engine/api-version.ts';
import type { EngineInfo, RuntimeInfo } from '../../engine/index.ts';
import { searchPath } from '../../engine/podman-service/find-executable.ts';
import type { RuntimeFacts } from '../engine-facts.ts';
import { isKnown, known, unknown, valueOf, type Fact } from '../fact.ts';
import { runtimeKind } from '../runtime-kind.ts';
import { absentFor, type EngineProcess } from './engine-process.ts';
import { podmanRuntimeFlags } from './podman-flags.ts';

const versionMs = 3_000;

/** Looks at each runtime that the engine lists: by the engine's answer, and by the runtime's program where it can be seen. */
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
  const program = await findProgram(runtime.path, process);
  const path =
    runtime.path === undefined ? unknown('a containerd shim') : known(runtime.path, 'GET /info: Runtimes');
  const script = await isScript(program);
  return {
    kind: script === true ? 'other' : runtimeKind(runtime.path ?? name),
    path,
    installed: isKnown(program) ? known(program.value !== '', program.evidence) : program,
    args: await argumentsOf(kind, name, runtime, info, process, script),
    version:
      runtimeKind(runtime.path ?? name) === 'runsc'
        ? await versionOf(kind, info, program)
        : unknown('not asked'),
  };
}

/** Where the engine would find the program, as a path that this process can use; empty where it is not. */
async function findProgram(path: string | undefined, process: Fact<EngineProcess>): Promise<Fact<string>> {
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
      await access(`${root}${candidate}`);
      return known(`${root}${candidate}`, `${root}${candidate}`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') return unknown(message);
    }
  }
  // A name without a folder may be found through the engine's own PATH.
  return path.startsWith('/')
    ? absentFor(process.value, '', `${root}${path}`)
    : unknown(`${path} is in none of the usual folders`);
}

async function isScript(program: Fact<string>): Promise<boolean | undefined> {
  const path = valueOf(program);
  if (path === undefined || path === '') return undefined;
  try {
    await using file = await open(path);
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
  if (runtime.path === undefined)
    return unknown('containerd shims take their settings from a file of their own');
  return known(runtime.args ?? [], 'GET /info: Runtimes');
}

async function versionOf(
  kind: 'docker' | 'podman',
  info: EngineInfo,
  program: Fact<string>,
): Promise<Fact<string>> {
  const told = kind === 'podman' ? podmanRuntimeVersion(info.raw) : undefined;
  if (told !== undefined) return known(told, 'GET /libpod/info: host.ociRuntime.version');
  const path = valueOf(program);
  if (path === undefined || path === '') return unknown('its program can not be seen');
  if (!(await isTrusted(path)))
    return unknown('its program belongs to somebody else, and is not run to ask it');
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: versionMs, env: {} });
    const version = /version\s+(\S+)/.exec(stdout)?.[1];
    return version === undefined
      ? unknown('its --version does not tell')
      : known(version, `${path} --version`);
  } catch (error) {
    return unknown(`${path} --version failed: ${(error as Error).message.split('\n', 1)[0] ?? ''}`);
  }
}

function podmanRuntimeVersion(raw: unknown): string | undefined {
  const text = (raw as { host?: { ociRuntime?: { version?: unknown } } }).host?.ociRuntime?.version;
  return typeof text === 'string' ? /version\s+(\S+)/.exec(text)?.[1] : undefined;
}

/** Root must not run what a user configured. */
async function isTrusted(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  return (found.uid === 0 || found.uid === process.geteuid?.()) && (found.mode & 0o022) === 0;
}
