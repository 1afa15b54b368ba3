import { BulkheadError } from '../errors.ts';
import type { Flags } from './flags.ts';
import { withFlags } from './option-flags.ts';
import { plainText } from './output/plain-text.ts';
import type { Paint } from './output/terminal.ts';

/**
 * Describes an error in the shape that all commands share: what happened, where it happened, what was observed, and
 * what to do. It contains no stack and no secrets.
 *
 * ```
 * Error: IMAGE_NOT_PRESENT: the engine has no image nosuch:1
 *   phase: start
 * Hint: Load it first: bulkhead image load FILE.
 * ```
 *
 * @param flags flags of the command, which a hint names instead of the library's options
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

/**
 * The fields of a `PluginError`. They are recognised by their shape, so that nothing has to be loaded to print an
 * error.
 */
interface PluginParts {
  readonly phase?: unknown;
  readonly exit?:
    { readonly code?: number | undefined; readonly oomKilled?: boolean | undefined } | undefined;
  readonly diagnosis?:
    { readonly facts: readonly { readonly name: string; readonly value: string }[] } | undefined;
  /** The error of a Podman service of our own has plain text here, which its message contains already. */
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
