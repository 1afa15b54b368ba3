/** Makes the result that is kept from the reports that a guest has left. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MatrixRow } from '../../src/compatibility/index.ts';
import type { GuestCell, GuestCheck, GuestHost, GuestResult } from './results.ts';

/** @throws when the folder has no report of the host */
export async function condense(folder: string): Promise<GuestResult> {
  const host = JSON.parse(await readFile(join(folder, 'host.json'), 'utf8')) as GuestHost;
  const names = (await readdir(folder)).filter((name) => /^cells-.*\.json$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => ({ name, written: (await stat(join(folder, name))).mtimeMs })),
  );
  // A cell that was launched again replaces what it was before.
  const found = new Map<string, GuestCell>();
  for (const { name } of files.sort((a, b) => a.written - b.written)) {
    const report = JSON.parse(await readFile(join(folder, name), 'utf8')) as { cells: MatrixRow[] };
    for (const cell of report.cells.map(cellOf)) found.set(nameOf(cell), cell);
  }
  const denials = await readFile(join(folder, 'denials.txt'), 'utf8').catch(() => '');
  const checks = (await checkNames(folder)).map(async (name) =>
    checksOf(await readFile(join(folder, name), 'utf8')),
  );
  const made = (await Promise.all(checks)).flat();
  return {
    ...{ host, cells: [...found.values()].sort(byName) },
    ...(made.length > 0 && { checks: made }),
    denials: kindsOfDenial(denials),
  };
}

async function checkNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^checks-.*\.jsonl$/.test(name)).sort();
}

/** Of a check that is made more than once in a run one that failed is kept. */
function checksOf(text: string): GuestCheck[] {
  const found = new Map<string, GuestCheck>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const check = JSON.parse(line) as GuestCheck;
    const key = `${check.check} ${check.on}`;
    if (found.get(key)?.ok === false) continue;
    found.set(key, { ...check, seen: withoutNames(check.seen) });
  }
  return [...found.values()];
}

function cellOf(row: MatrixRow): GuestCell {
  const { engine, mode, version, runtime, user, mlock, verdict, reasons, live } = row;
  const failure = live?.error && `${live.error.code}: ${withoutNames(live.error.message)}`;
  return {
    ...{ engine, mode, version, runtime, user, mlock, verdict },
    rules: verdict === 'works' ? [] : [...new Set(reasons.map(({ rule }) => rule))].sort(),
    happened: live === undefined ? 'not launched' : live.ok ? 'works' : 'fails',
    ...(failure !== undefined && { failure }),
  };
}

/** Names that are made anew for each launch would make every report another one. */
function withoutNames(message: string): string {
  return message
    .replaceAll(/[0-9a-f]{64}/g, 'ID')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300);
}

/** A denial without what is accidental in it: times, process ids, paths of throw-away folders. */
function kindsOfDenial(text: string): string[] {
  const kinds = text
    .split('\n')
    .map((line) => /(?:avc: +denied|apparmor="DENIED").*$/.exec(line)?.[0])
    .filter((line) => line !== undefined)
    .map((line) =>
      line.replaceAll(/\b(?:pid|ino|path|name|dev|info|requested_mask_pid)=(?:"[^"]*"|\S+) ?/g, ''),
    );
  return [...new Set(kinds)].sort();
}

function byName(a: GuestCell, b: GuestCell): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

function nameOf({ engine, mode, runtime, user, mlock }: GuestCell): string {
  return [engine, mode, runtime, user, String(mlock)].join(' ');
}
