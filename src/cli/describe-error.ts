import { BulkheadError } from '../errors.ts';
import type { Flags } from './flags.ts';
import { withFlags } from './option-flags.ts';
import { plainText } from './output/plain-text.ts';
import type { Paint } from './output/terminal.ts';

/**
 * An error in the one shape that all commands have: what happened, where and what was seen, what to do. No stack, no
 * secrets.
 *
 * ```
 * Error: IMAGE_NOT_PRESENT: the engine has no image nosuch:1
 *   phase: start
 * Hint: Load it first: bulkhead image load FILE.
 * ```
 *
 * @param flags those of the command, which a hint names in place of options of the library
 */
export function describeError(error: unknown, paint: Paint, flags: Flags = {}): string[] {
  const { heading, details, remedy } = partsOf(error);
  const [first = '', ...rest] = plainText(heading).trimEnd().split('\n');
  return [
    `${paint('red', 'Error:')} ${first}`,
    ...[...rest, ...details.flatMap((detail) => plainText(detail).split('\n'))].map((line) => `  ${line}`),
    ...(remedy === undefined ? [] : [`${paint('cyan', 'Hint:')} ${plainText(withFlags(remedy, flags))}`]),
  ];
}

interface ErrorParts {
  readonly heading: string;
  readonly details: readonly string[];
  readonly remedy?: string | undefined;
}

function partsOf(error: unknown): ErrorParts {
  if (!(error instanceof BulkheadError)) {
    const { message, hint } = BulkheadError.from(error);
    return { heading: message, details: [], remedy: hint };
  }
  return {
    heading: `${error.code}: ${error.message}`,
    details: [...pluginDetails(error)],
    remedy: error.hint,
  };
}

/** What a `PluginError` carries; read by its shape, so that nothing has to be loaded to print an error. */
interface PluginParts {
  readonly phase?: unknown;
  readonly exit?:
    { readonly code?: number | undefined; readonly oomKilled?: boolean | undefined } | undefined;
  readonly diagnosis?:
    { readonly facts: readonly { readonly name: string; readonly value: string }[] } | undefined;
  /** A Podman service of our own carries plain text here, which its message tells already. */
  readonly output?: { readonly stdout: string; readonly stderr: string } | string | undefined;
}

function* pluginDetails(error: BulkheadError & PluginParts): Iterable<string> {
  if (typeof error.phase === 'string') yield `phase: ${error.phase}`;
  if (error.exit?.code !== undefined) yield `exit code: ${error.exit.code}`;
  for (const { name, value } of error.diagnosis?.facts ?? []) yield `${name}: ${value}`;
  if (typeof error.output !== 'object') return;
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = error.output[stream].trimEnd();
    if (text !== '')
      yield [`last output on ${stream}:`, ...text.split('\n').map((line) => `  ${line}`)].join('\n');
  }
}
