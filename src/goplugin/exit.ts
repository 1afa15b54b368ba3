/** Describes in words how a plugin ended. */
import { PluginExitedError, type OutputTail, type PluginPhase } from './errors.ts';
import { causeIn } from './output/cause.ts';
import type { Diagnosis, PluginExit } from './runner.ts';

/** `exited with code 3`, `was ended by SIGKILL`, ... */
export function describeExit({ code, signal, oomKilled, error }: PluginExit): string {
  const beside = error === undefined ? '' : ` (${error})`;
  if (oomKilled === true) return `was killed because it used more memory than its limit${beside}`;
  if (signal !== undefined) return `was ended by ${signal}${beside}`;
  if (code === undefined) return `has ended in an unknown way${beside}`;
  return `exited with code ${code}${beside}`;
}

/** Makes the error for an operation that the plugin's end made impossible. */
export function exitedError(
  plugin: string,
  phase: PluginPhase,
  exit: PluginExit,
  output: OutputTail,
  {
    diagnosis,
    reached,
    cleanupPending,
    hint,
    besides,
  }: {
    readonly diagnosis?: Diagnosis | undefined;
    readonly reached?: 'no' | undefined;
    readonly cleanupPending?: true;
    /** What to do, if whoever runs the plugin knows it. */
    readonly hint?: string | undefined;
    /** What is to be said beside the hint. */
    readonly besides?: string | undefined;
  } = {},
): PluginExitedError {
  const before =
    phase === 'handshake' ? ' before its handshake' : phase === 'connect' ? ' before it was connected' : '';
  return new PluginExitedError(
    'PLUGIN_EXITED',
    `${plugin} ${describeExit(exit)}${before}${lastWords(exit, output)}`,
    {
      phase,
      plugin,
      exit,
      output,
      diagnosis,
      reached,
      cleanupPending,
      hint: joined(diagnosis?.hint ?? hint ?? hintFor(phase, exit, output), besides),
    },
  );
}

function joined(...hints: readonly (string | undefined)[]): string | undefined {
  const said = hints.filter((hint) => hint !== undefined);
  return said.length === 0 ? undefined : said.join(' ');
}

/** Returns what the plugin wrote about the cause, for the message; more of its output is in `output`. */
function lastWords({ code }: PluginExit, { stdout, stderr }: OutputTail): string {
  if (code === 0) return '';
  const { words } = causeIn(stderr.trim() === '' ? stdout : stderr);
  return words === '' ? '' : `; its last words: ${words.slice(0, 300)}`;
}

/** What to do about an end that is, or may be, one for want of memory. */
export function hintOfMemory({ oomKilled, killedAtMemoryLimit: limit }: PluginExit): string | undefined {
  const more = 'Give it more memory (`memoryBytes`), at least as much as it needs at its peak.';
  if (oomKilled === true) return more;
  if (limit === undefined) return undefined;
  return `It was killed (SIGKILL), and may use ${limit} bytes of memory: if nobody killed it, it used more. ${more}`;
}

function hintFor(phase: PluginPhase, exit: PluginExit, { stderr, stdout }: OutputTail): string | undefined {
  const ofMemory = hintOfMemory(exit);
  if (ofMemory !== undefined) return ofMemory;
  if (phase !== 'handshake') return undefined;
  if (exit.code === 1 && /\bplugin\b/i.test(stderr) && /execut|direct|by hand/i.test(stderr)) {
    return 'The plugin refused to run as if by hand: the key or the value of `handshake` is not what it expects.';
  }
  if (exit.code === 0 && stdout === '') {
    return "A plugin that can't make its socket exits with code 0: read its last log line, and check its PLUGIN_UNIX_SOCKET_DIR.";
  }
  return undefined;
}
