import type { CellFilter, MatrixCell } from '../../compatibility/index.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Parses cells in words: `engine=docker mode=rootless runtime=runsc,runc user=non-root mlock=on`. A part that is left
 * out stands for every value; several values are separated by commas.
 */

const values = {
  engine: ['docker', 'podman'],
  mode: ['rootful', 'rootless'],
  runtime: undefined,
  user: ['root', 'non-root'],
  mlock: ['on', 'off'],
} as const;

type Part = keyof typeof values;

/** @param words each `NAME=VALUE[,VALUE]`, or several of them @throws UsageError */
export function parseFilter(words: readonly string[], where = '-filter'): CellFilter {
  const parts = new Map<Part, Set<string>>();
  for (const word of words.flatMap((each) => each.trim().split(/\s+/)).filter((each) => each !== '')) {
    const [name, given] = partOf(word, where);
    if (parts.has(name)) throw new UsageError(`${where}: ${name} is given twice; write ${name}=A,B for both`);
    parts.set(name, new Set(given));
  }
  const { mlock, ...others } = Object.fromEntries([...parts].map(([name, given]) => [name, [...given]]));
  return { ...others, ...(mlock !== undefined && { mlock: mlock.map((value) => value === 'on') }) };
}

/**
 * Parses a list of cells that must work: a filter in each line (`#` begins a comment), or a JSON array of cells such as
 * `{"engine": "docker", "runtime": "runsc", "mlock": true}`.
 *
 * @param where name of the list in errors
 * @throws UsageError naming the line or entry
 */
export function parseRequirements(text: string, where: string): Partial<MatrixCell>[] {
  const lists = text.trimStart().startsWith('[') ? fromJson(text, where) : fromLines(text, where);
  if (lists.length === 0) throw new UsageError(`${where} names no cell`);
  return lists.flatMap(everyCell);
}

function fromLines(text: string, where: string): CellFilter[] {
  return text.split('\n').flatMap((line, at) => {
    const words = line.replace(/#.*/, '').trim();
    return words === '' ? [] : [parseFilter([words], `${where}:${at + 1}`)];
  });
}

function fromJson(text: string, where: string): CellFilter[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${where} is not JSON: ${(error as Error).message}`);
  }
  return (entries as unknown[]).map((entry, at) => {
    const place = `${where}: entry ${at}`;
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw new UsageError(`${place} is not a cell such as {"engine": "docker", "mlock": true}`);
    }
    const words = Object.entries(entry).map(
      ([name, value]) => `${name}=${[value].flat().map(wordOf).join(',')}`,
    );
    return parseFilter(words, place);
  });
}

function wordOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function partOf(word: string, where: string): [Part, string[]] {
  const [, name = '', list = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
  const known = Object.keys(values) as Part[];
  const part = known.find((each) => each === name);
  if (part === undefined) {
    throw new UsageError(
      `${where}: ${JSON.stringify(word)} is not NAME=VALUE with a name of ${known.join(', ')}`,
    );
  }
  const given = list.split(',').map((value) => (part === 'mlock' ? onOrOff(value) : value));
  const allowed: readonly string[] | undefined = values[part];
  const wrong = given.find((value) => value === '' || allowed?.includes(value) === false);
  if (wrong === undefined) return [part, given];
  const choices = allowed === undefined ? 'the name of a runtime' : `one of ${allowed.join(', ')}`;
  throw new UsageError(`${where}: ${part} is ${choices}, not ${JSON.stringify(wrong)}`);
}

function onOrOff(value: string): string {
  return value === 'true' ? 'on' : value === 'false' ? 'off' : value;
}

/** Makes one cell for each combination of a filter's values. */
function everyCell(filter: CellFilter): Partial<MatrixCell>[] {
  return Object.entries(filter).reduce<Partial<MatrixCell>[]>(
    (cells, [name, list]) =>
      cells.flatMap((cell) => (list as readonly unknown[]).map((value) => ({ ...cell, [name]: value }))),
    [{}],
  );
}
