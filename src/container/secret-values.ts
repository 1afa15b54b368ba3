/**
 * What a launch was given and nobody else is to read: the values of variables and arguments. An engine or a plugin that
 * repeats one in what it says must not carry it into an error.
 */
import type { PluginContainerOptions } from './options.ts';

/** Shorter values are words such as `debug` or `true`, and would be found in half of all sentences. */
const shortest = 6;
const removed = '[removed]';

export type Redact = (text: string) => string;

/** Takes the values of a launch's arguments and variables out of a text. */
export function redactor({ args = [], env = {} }: Pick<PluginContainerOptions, 'args' | 'env'>): Redact {
  const values = new Set([...args.flatMap(partsOf), ...Object.values(env)]);
  // The longest first: one may be within another.
  const secrets = [...values].filter((value) => value.length >= shortest).sort((a, b) => b.length - a.length);
  return (text) => {
    let redacted = text;
    for (const secret of secrets) {
      for (const spelling of spellingsOf(secret)) redacted = redacted.replaceAll(spelling, removed);
    }
    return redacted;
  };
}

/** The value of an argument such as `--token=VALUE` is found by itself too. */
function partsOf(argument: string): string[] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument] : [argument, argument.slice(at + 1)];
}

/** A value may stand in an error as it is, or as engines quote it in JSON or Go. */
function spellingsOf(secret: string): Set<string> {
  return new Set([secret, JSON.stringify(secret).slice(1, -1)]);
}
