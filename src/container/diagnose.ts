import type { LaunchStrategy } from '../compatibility/index.ts';
import type { Engine, InspectedContainer } from '../engine/index.ts';
import type { Diagnosis, PluginExit } from '../goplugin/index.ts';
import type { Given } from './denials/denial.ts';
import { givenOf, withTemporary } from './denials/given.ts';
import { selinuxHint, suspectSelinux, type SelinuxSuspicion } from './denials/selinux.ts';
import { hintForOutput, hintForWords } from './failure-hints.ts';
import { socketNames } from './sockets/socket-names.ts';

const diagnoseMs = 2_000;

export interface DiagnosisParts {
  readonly engine: Engine;
  readonly id: string;
  readonly strategy: LaunchStrategy;
  /** The plugin's own folder for sockets, on the host. */
  readonly pluginFolder: string;
  readonly exit: PluginExit | undefined;
  /** The end of what the plugin wrote to stderr. */
  readonly stderr: string;
  /** The same of stdout; empty where it wrote nothing. */
  readonly stdout: string;
}

/** Collects what engine and socket directory show about a failed container. Never throws; takes two seconds at most. */
export async function diagnoseContainer(parts: DiagnosisParts): Promise<Diagnosis> {
  const { engine, id } = parts;
  const signal = AbortSignal.timeout(diagnoseMs);
  const container = await engine.containers.inspect(id, { signal }).catch(() => undefined);
  const words = parts.stderr.trim() === '' ? parts.stdout : parts.stderr;
  const given = await withTemporary(givenOf(engine, parts.strategy, container), words, {
    engine,
    id,
    signal,
  });
  const sockets = await socketNames(parts.pluginFolder);
  const suspicion = await suspectSelinux(container);
  const facts = [
    {
      name: 'engine',
      value: `${engine.kind} ${engine.version} (${engine.rootless ? 'rootless' : 'rootful'})`,
    },
    { name: 'container', value: id.slice(0, 12) },
    { name: 'runtime', value: parts.strategy.runtime },
    ...(container === undefined ? [] : containerFacts(container)),
    { name: 'sockets', value: sockets.text },
    ...(suspicion?.logged ?? []).map((value) => ({ name: 'SELinux', value })),
  ];
  return { facts, hint: hint(parts, words, given, container, { anySocket: sockets.any, suspicion }) };
}

function containerFacts({
  config,
  state,
  processLabel,
  apparmorProfile,
}: InspectedContainer): Diagnosis['facts'] {
  return [
    { name: 'user', value: config.user === '' ? 'root' : config.user },
    { name: 'command', value: commandText([...config.entrypoint, ...config.cmd]) },
    ...(processLabel === '' ? [] : [{ name: 'SELinux label', value: processLabel }]),
    ...(apparmorProfile === '' ? [] : [{ name: 'AppArmor profile', value: apparmorProfile }]),
    { name: 'status', value: state.status },
    ...(state.running ? [] : [{ name: 'exit code', value: String(state.exitCode) }]),
    ...(state.oomKilled ? [{ name: 'out of memory', value: 'yes' }] : []),
    ...(state.error === '' ? [] : [{ name: 'engine error', value: state.error }]),
  ];
}

/** The program and the number of its arguments, whose text may be secret. */
function commandText([program = 'none', ...args]: readonly string[]): string {
  return args.length === 0
    ? program
    : `${program} and ${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`;
}

/** What the plugin needs and its container denies, as a failed call tells it. Takes two seconds at most. */
export async function hintForFailedCall(
  words: string,
  { engine, id, strategy, exit }: Pick<DiagnosisParts, 'engine' | 'id' | 'strategy' | 'exit'>,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(diagnoseMs);
  const container = await engine.containers.inspect(id, { signal }).catch(() => undefined);
  const given = await withTemporary(givenOf(engine, strategy, container), words, { engine, id, signal });
  const denied = looksDenied(words) ? selinuxHint('denied', await suspectSelinux(container)) : undefined;
  return memoryHint(exit, container, given) ?? denied ?? hintForWords(words, given, exit !== undefined);
}

/** Whether the plugin tells that it may not use a socket. */
function looksDenied(words: string): boolean {
  return /\b(?:unix|sock(?:et)?|connect|listen|bind)\b[^\n]*(?:permission denied|\bEACCES\b)|\bEACCES\b[^\n]*\b(?:connect|listen|bind)\b/i.test(
    words,
  );
}

function hint(
  { exit, stderr, stdout, strategy }: DiagnosisParts,
  words: string,
  given: Given,
  container: InspectedContainer | undefined,
  { anySocket, suspicion }: { readonly anySocket: boolean; readonly suspicion: SelinuxSuspicion | undefined },
): string | undefined {
  const bySelinux = looksDenied(words) ? selinuxHint('denied', suspicion) : undefined;
  if (bySelinux !== undefined) return bySelinux;
  const known = hintForOutput(stderr, given) ?? memoryHint(exit, container, given);
  if (known !== undefined) return known;
  const denied = hintForWords(words, given, exit !== undefined);
  if (denied !== undefined) return denied;
  if (container?.state.running === true && stdout !== '' && !anySocket && strategy.runtime === 'runsc') {
    return 'runsc keeps the socket inside the sandbox: it must be run with --host-uds=all.';
  }
  if (exit?.code === 2 && strategy.runtime === 'runsc' && stderr === '') {
    return 'The sandbox itself may have died: check the build of runsc (runsc --version).';
  }
  if (container?.state.running === true) return selinuxHint(anySocket ? 'unanswered' : 'silent', suspicion);
  // A plugin that can write neither its output nor its socket ends without a word.
  return words.trim() === '' ? selinuxHint('silent', suspicion) : undefined;
}

/** Docker reports who was killed for memory, except under runsc. Elsewhere only the exit code tells, which is no proof. */
function memoryHint(
  exit: PluginExit | undefined,
  container: InspectedContainer | undefined,
  { engine, gvisor }: Given,
): string | undefined {
  const bytes = container?.memoryBytes ?? 0;
  const certain = exit?.oomKilled === true;
  const possible = exit?.code === 137 && bytes > 0 && (engine === 'podman' || gvisor);
  if (!certain && !possible) return undefined;
  const limit = bytes === 0 ? '' : ` of ${bytes} bytes`;
  const killed = certain ? 'The plugin was killed for' : 'The plugin was killed, perhaps for';
  return `${killed} reaching its memory limit${limit}: raise \`memoryBytes\`, or lift it with \`memoryBytes: 'unlimited'\`.`;
}
