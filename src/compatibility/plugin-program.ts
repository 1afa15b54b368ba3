/** Which program of an image the plugin is. A wrapper such as tini says nothing about the plugin that it starts. */
import { posix } from 'node:path';
import { isKnown } from './fact.ts';
import type { ProgramFacts, StartedProgramFacts } from './image-facts.ts';
import type { LaunchCase } from './rule.ts';

export type PluginProgram =
  /** The program that the container starts: it is built with go-plugin, or nothing says that it starts another one. */
  | { readonly is: 'first'; readonly program: ProgramFacts }
  /** A program that is built with go-plugin, which the arguments of the one at `wrapper` name. */
  | { readonly is: 'started'; readonly program: StartedProgramFacts; readonly wrapper: string }
  | { readonly is: 'unseen'; readonly why: string };

/** Programs whose purpose is to start another one. */
const wrapperNames = [
  ...['ash', 'bash', 'busybox', 'dash', 'ksh', 'sh', 'toybox', 'zsh'],
  ...['catatonit', 'dumb-init', 'init', 's6-svscan', 'tini', 'tini-static'],
  ...['chpst', 'gosu', 's6-setuidgid', 'setpriv', 'setuidgid', 'su', 'su-exec', 'sudo'],
  ...['chroot', 'env', 'exec', 'nice', 'nohup', 'setsid', 'stdbuf', 'strace', 'timeout', 'xargs'],
];

/** Tells which program the plugin is, as far as the image and the launch say it. */
export function pluginProgram(launch: LaunchCase): PluginProgram {
  if (!isKnown(launch.program)) return { is: 'unseen', why: launch.program.unknown };
  const program = launch.program.value;
  const { path, kind, go } = program;
  if (go?.goPlugin !== undefined) return { is: 'first', program };
  const started = startedBy(launch, program);
  const plugins = started.filter((one) => one.go?.goPlugin !== undefined);
  const [plugin] = plugins;
  if (plugin !== undefined && plugins.length === 1) return { is: 'started', program: plugin, wrapper: path };
  const named = (plugins.length > 0 ? plugins : started.filter((one) => one.kind === 'elf')).map(
    (one) => one.path,
  );
  if (named.length > 0) return { is: 'unseen', why: `${path} may start ${named.join(' or ')}` };
  if (kind === 'script') return { is: 'unseen', why: `${path} is a script, and may start another program` };
  const mayStart =
    wrapperNames.includes(posix.basename(path)) || (go !== undefined && replacesCommand(launch));
  return mayStart
    ? { is: 'unseen', why: `${path} starts what its arguments name` }
    : { is: 'first', program };
}

/** Returns the programs that the arguments name. Those of the image's command do not count where the launch replaces it. */
export function startedBy(launch: LaunchCase, { starts = [] }: ProgramFacts): readonly StartedProgramFacts[] {
  return replacesCommand(launch) ? starts.filter(({ namedBy }) => namedBy === 'entrypoint') : starts;
}

export function replacesCommand({ wishes }: LaunchCase): boolean {
  return (wishes.args ?? []).length > 0;
}

/** Names the plugin's program for a finding: with its wrapper, where it has one. */
export function describeProgram(plugin: Exclude<PluginProgram, { is: 'unseen' }>): string {
  return plugin.is === 'first' ? 'the program' : `${plugin.program.path}, which ${plugin.wrapper} starts,`;
}
