import { areSingleWords, withArguments } from './runtime-arguments.ts';
import { notUnderstood, type ArgumentChange } from './settings-text.ts';

type JsonObject = Record<string, unknown>;

/**
 * Changes the arguments of a runtime in the settings of Docker's daemon. Everything else in the file stays.
 *
 * @param text the file; `undefined` where there is none
 * @throws BulkheadError `FILE_UNUSABLE` for what is no JSON, has a comment or a key twice, or another form than Docker's
 */
export function changeDaemonJson(text: string | undefined, change: ArgumentChange): string {
  const settings = parse(text ?? '{}');
  const runtimes = objectAt(settings, 'runtimes') ?? {};
  const entry = objectAt(runtimes, change.runtime) ?? newEntry(change);
  if (entry['runtimeType'] !== undefined)
    throw notUnderstood(`runtimes.${change.runtime} is a shim, which has settings of its own`);
  const args = entry['runtimeArgs'] ?? [];
  if (!Array.isArray(args) || !args.every((argument) => typeof argument === 'string'))
    throw notUnderstood(`runtimes.${change.runtime}.runtimeArgs is no list of texts`);
  if (!areSingleWords(args))
    throw notUnderstood(`runtimes.${change.runtime}.runtimeArgs has words apart from flags`);
  const changed = {
    ...settings,
    runtimes: {
      ...runtimes,
      [change.runtime]: { ...entry, runtimeArgs: withArguments(args, change.rules) },
    },
  };
  const indent = /\n([ \t]+)"/.exec(text ?? '')?.[1] ?? '  ';
  return `${JSON.stringify(changed, undefined, indent)}\n`;
}

function newEntry({ runtime, program }: ArgumentChange): JsonObject {
  if (program === undefined)
    throw notUnderstood(`they have no runtime ${runtime}, and its program was not found`);
  return { path: program };
}

function parse(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notUnderstood(`they are no JSON, in which there are no comments: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw notUnderstood('they are no JSON object');
  if (Object.hasOwn(value, '__proto__') || keysIn(text) !== keysOf(value))
    throw notUnderstood('a key is there twice');
  return value;
}

function objectAt(parent: JsonObject, key: string): JsonObject | undefined {
  const value = parent[key];
  if (value === undefined) return undefined;
  if (isObject(value)) return value;
  throw notUnderstood(`${key} is no JSON object`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Number of keys that the text has: of a key that is there twice, the parser keeps one. */
function keysIn(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/gs)].filter(([, colon]) => colon === ':').length;
}

function keysOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + keysOf(each), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + 1 + keysOf(each), 0);
}
