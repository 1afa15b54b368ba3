import { areSingleWords, withArguments } from './runtime-arguments.ts';
import { notUnderstood, type ArgumentChange } from './settings-text.ts';

const table = 'engine.runtimes_flags';

/**
 * Changes the flags of a runtime in Podman's containers.conf, which Podman reads from 5.7 on. Only their line changes;
 * comments and everything else stay as they are.
 *
 * @param text the file; `undefined` where there is none
 * @throws BulkheadError `FILE_UNUSABLE` for TOML beyond tables with a key and a plain value, or a list of texts, on each line
 */
export function changeContainersConf(text: string | undefined, change: ArgumentChange): string {
  const lines = (text ?? '').split('\n');
  const places = findPlaces(lines, change.runtime);
  const args = (places.flags ?? []).map((flag) => (flag.startsWith('-') ? flag : `--${flag}`));
  if (!areSingleWords(args))
    throw notUnderstood(`the flags of ${change.runtime} have words apart from flags`);
  const flags = withArguments(args, change.rules).map((flag) => JSON.stringify(flag.replace(/^--/, '')));
  const line = `${change.runtime} = [${flags.join(', ')}]`;
  if (places.line !== undefined)
    return [...lines.slice(0, places.line), line, ...lines.slice(places.line + 1)].join('\n');
  if (places.header !== undefined)
    return [...lines.slice(0, places.header + 1), line, ...lines.slice(places.header + 1)].join('\n');
  const before = text === undefined || text === '' ? '' : `${text.replace(/\n*$/, '\n')}\n`;
  return `${before}[${table}]\n${line}\n`;
}

interface Places {
  readonly header: number | undefined;
  readonly line: number | undefined;
  readonly flags: readonly string[] | undefined;
}

function findPlaces(lines: readonly string[], runtime: string): Places {
  let header: number | undefined;
  let line: number | undefined;
  let flags: readonly string[] | undefined;
  let current = '';
  const seen = new Set<string>();
  for (const [at, whole] of lines.entries()) {
    const rest = whole.replace(/\r$/, '').trim();
    if (rest === '' || rest.startsWith('#')) continue;
    const fail = (): never => {
      throw notUnderstood(`line ${at + 1} is not understood`);
    };
    const name = /^\[([\w.-]+)\]\s*(?:#.*)?$/.exec(rest)?.[1];
    const [, key = '', value = ''] = name === undefined ? (entryOf(rest) ?? fail()) : [];
    const place = name === undefined ? `${current}.${key}` : `[${name}]`;
    if (seen.has(place) || place === '.engine' || place === 'engine.runtimes_flags') fail();
    seen.add(place);
    if (name !== undefined) {
      current = name;
      if (name === table) header = at;
    } else if (current === table && key === runtime) {
      line = at;
      flags = textsOf(value) ?? fail();
    }
  }
  return { header, line, flags };
}

const text = String.raw`"(?:[^"\\]|\\["\\])*"|'[^']*'`;
const entry = new RegExp(
  String.raw`^"?([\w-]+)"?\s*=\s*(${text}|true|false|[+-]?\d+|\[\s*(?:(?:${text})\s*(?:,\s*(?:${text})\s*)*,?\s*)?\])\s*(?:#.*)?$`,
);

function entryOf(rest: string): RegExpExecArray | undefined {
  return entry.exec(rest) ?? undefined;
}

function textsOf(value: string): string[] | undefined {
  if (!value.startsWith('[')) return undefined;
  return [...value.matchAll(new RegExp(text, 'g'))].map(([quoted]) =>
    quoted.startsWith('"') ? quoted.slice(1, -1).replace(/\\(["\\])/g, '$1') : quoted.slice(1, -1),
  );
}
