import { BulkheadError } from '../errors.ts';
import { messageOf, property } from '../thrown-value.ts';
import type { Flags } from './flags.ts';
import { withFlags } from './option-flags.ts';
import { plainText } from './output/plain-text.ts';
import type { Paint } from './output/terminal.ts';
import { withRegisteredFlags } from './registered-flags.ts';

/**
 * Describes an error in the shape that all commands share: what happened, where it happened, what was observed, and
 * what to do. It contains no stack and no secrets. Never throws, whatever was thrown.
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
    ...(remedy === undefined
      ? []
      : [`${paint('cyan', 'Hint:')} ${plainText(hintFor(error, remedy, flags))}`]),
  ];
}

/** Errors whose output was shown while the plugin wrote it. */
const shown = new WeakSet();

/** Notes that what the plugin wrote was shown already, so that the error does not repeat it. @returns the error */
export function noteShown(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) shown.add(error);
  return error;
}

/** Errors of registered plugins, which have their settings from the catalog and not from flags of the command. */
const ofRegistered = new WeakSet();

/** Notes that an error is about a registered plugin, so that its hint says where the settings are. @returns the error */
export function noteRegistered(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) ofRegistered.add(error);
  return error;
}

function hintFor(error: unknown, remedy: string, flags: Flags): string {
  return ofRegistered.has(error as object) ? withRegisteredFlags(remedy, flags) : withFlags(remedy, flags);
}

interface ErrorParts {
  readonly heading: string;
  readonly details: readonly string[];
  readonly remedy?: string | undefined;
}

function partsOf(error: unknown): ErrorParts {
  if (!(error instanceof BulkheadError)) {
    const { message, hint } = BulkheadError.from(error);
    return { heading: message === '' ? wordless(error) : message, details: [], remedy: hint };
  }
  return {
    heading: `${textOf(error, 'code') ?? 'INTERNAL'}: ${messageOf(error)}`,
    details: [...pluginDetails(error)],
    remedy: textOf(error, 'hint'),
  };
}

/** Describes what was thrown without a message: an error that stands for several has none of its own. */
function wordless(error: unknown): string {
  const several = property(error, 'errors');
  const messages = Array.isArray(several) ? several.map(messageOf).filter((text) => text !== '') : [];
  return messages.length > 0
    ? messages.join('\n')
    : `${textOf(error, 'name') ?? 'an error'} without a message`;
}

/**
 * Yields the fields of a `PluginError`. They are recognised by their shape, so that nothing has to be loaded to print an
 * error. Other errors have other things under these names: that of a Podman service has plain text as its output, which
 * its message contains already.
 */
function* pluginDetails(error: BulkheadError): Iterable<string> {
  const phase = textOf(error, 'phase');
  if (phase !== undefined) yield `phase: ${phase}`;
  const code = property(property(error, 'exit'), 'code');
  if (typeof code === 'number') yield `exit code: ${code}`;
  const facts = property(property(error, 'diagnosis'), 'facts');
  for (const fact of Array.isArray(facts) ? (facts as unknown[]) : []) {
    const [name, value] = [textOf(fact, 'name'), textOf(fact, 'value')];
    if (name !== undefined && value !== undefined) yield `${name}: ${value}`;
  }
  if (shown.has(error)) return;
  const output = property(error, 'output');
  for (const stream of ['stdout', 'stderr']) {
    const text = textOf(output, stream)?.trimEnd() ?? '';
    if (text !== '')
      yield [`last output on ${stream}:`, ...text.split('\n').map((line) => `  ${line}`)].join('\n');
  }
}

function textOf(value: unknown, name: string): string | undefined {
  const text = property(value, name);
  return typeof text === 'string' ? text : undefined;
}
