/**
 * Removes secrets from texts: the values of the variables and arguments of a launch. When an engine or a plugin repeats
 * one in its output, it must not get into an error.
 */
import type { PluginContainerOptions } from './options.ts';

/** Shorter values are words such as `debug` or `true`, which many sentences contain. */
const shortest = 6;
const removed = '[removed]';

export type Redact = (text: string) => string;

/** Makes a function that removes the values of a launch's arguments and variables from a text. */
export function redactor({ args = [], env = {} }: Pick<PluginContainerOptions, 'args' | 'env'>): Redact {
  const values = new Set([...args.flatMap(partsOf), ...Object.values(env)]);
  // The longest come first, because one may be contained in another.
  const secrets = [...values].filter((value) => value.length >= shortest).sort((a, b) => b.length - a.length);
  return (text) => {
    let redacted = text;
    for (const secret of secrets) {
      for (const spelling of spellingsOf(secret)) redacted = redacted.replaceAll(spelling, removed);
    }
    return redacted;
  };
}

/** The parts of an argument such as `--token=VALUE`: its value is removed where it stands alone, too. */
function partsOf(argument: string): string[] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument] : [argument, argument.slice(at + 1)];
}

/** The spellings in which a value may stand in an error: as it is, or as engines quote it in JSON or Go. */
function spellingsOf(secret: string): Set<string> {
  return new Set([secret, JSON.stringify(secret).slice(1, -1)]);
}
