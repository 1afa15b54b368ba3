import type { MatrixCell, MatrixResult, MatrixRow, Reason } from '../../compatibility/index.ts';

/** A matrix with its context. Every format is a pure function of it. */
export interface MatrixReport {
  readonly result: MatrixResult;
  /** The image that was judged; absent: an ideal image was assumed. */
  readonly image?: string | undefined;
  readonly generatedAt: Date;
  /** Version of Bulkhead. */
  readonly version: string;
  /** The required cells that do not work; absent without requirements. */
  readonly unmet?: readonly Partial<MatrixCell>[] | undefined;
}

/** A rule that applies to several cells, with one remedy for all of them; numbered from 1. */
export interface Finding {
  readonly number: number;
  /** The reason of the first of the cells. */
  readonly reason: Reason;
  /** The distinct observations: evidence differs from engine to engine. */
  readonly observed: readonly string[];
  /** Whether some of the cells do not work because of it; otherwise it is only a remark. */
  readonly hinders: boolean;
  readonly cells: readonly MatrixRow[];
}

/** The distinct reasons of a matrix: first those that hinder, each group in the order of the cells. */
export function findingsOf({ cells }: MatrixResult): Finding[] {
  const found = new Map<string, { reason: Reason; seen: Set<string>; cells: MatrixRow[] }>();
  for (const row of cells) {
    for (const reason of row.reasons) {
      const entry = found.get(keyOf(reason)) ?? { reason, seen: new Set(), cells: [] };
      entry.cells.push(row);
      entry.seen.add(reason.observed);
      found.set(keyOf(reason), entry);
    }
  }
  const findings = [...found.values()].map(({ seen, ...entry }) => ({
    ...entry,
    observed: [...seen],
    hinders: entry.cells.some(({ verdict }) => verdict !== 'works'),
  }));
  return [...findings.filter(({ hinders }) => hinders), ...findings.filter(({ hinders }) => !hinders)].map(
    (finding, at) => ({ number: at + 1, ...finding }),
  );
}

/** The numbers of the findings of a cell, in ascending order. */
export function numbersOf(row: MatrixRow, findings: readonly Finding[]): number[] {
  return findings.filter(({ cells }) => cells.includes(row)).map(({ number }) => number);
}

/** The number of the finding for a reason. */
export function numberOf(reason: Reason, findings: readonly Finding[]): number | undefined {
  return findings.find((finding) => keyOf(finding.reason) === keyOf(reason))?.number;
}

function keyOf({ rule, remedy }: Reason): string {
  return JSON.stringify([rule, remedy]);
}

/** The outcome of a cell, in a word that needs no colour. */
export type Outcome = 'works' | 'refused' | 'unknown' | 'differs';

export function outcomeOf({ verdict, agrees }: MatrixRow): Outcome {
  return agrees === false ? 'differs' : verdict;
}

/** Describes prediction and reality in a few words. */
export function wordsOf({ verdict, live, agrees }: MatrixRow): string {
  if (live === undefined || agrees === true) return verdict;
  return `${verdict}, ${agrees === false ? 'but ' : ''}${live.ok ? 'works' : 'fails'}`;
}

/** The columns of the grid. */
export const columns = [
  { title: 'root', user: 'root', mlock: false },
  { title: 'root, mlock', user: 'root', mlock: true },
  { title: 'non-root', user: 'non-root', mlock: false },
  { title: 'non-root, mlock', user: 'non-root', mlock: true },
] as const;

export interface GridLine {
  readonly engine: MatrixRow['engine'];
  readonly mode: MatrixRow['mode'];
  readonly version: string;
  readonly runtime: string;
  /** One row for each of `grid.columns`; absent where the filter left it out. */
  readonly cells: readonly (MatrixRow | undefined)[];
}

export interface Grid {
  readonly columns: readonly (typeof columns)[number][];
  readonly lines: readonly GridLine[];
}

/**
 * The cells in the order in which people read them: a line for each engine and runtime, a column for each user and
 * mlock.
 */
export function gridOf({ cells }: MatrixResult): Grid {
  const used = columns.filter(({ user, mlock }) =>
    cells.some((row) => row.user === user && row.mlock === mlock),
  );
  const lines = new Map<string, { first: MatrixRow; cells: (MatrixRow | undefined)[] }>();
  for (const row of cells) {
    const at = used.findIndex(({ user, mlock }) => row.user === user && row.mlock === mlock);
    const place = [
      row.engine,
      row.mode,
      row.version,
      row.engine === 'docker' ? row.socketPath : '',
      row.runtime,
    ];
    const key = JSON.stringify(place);
    const line = lines.get(key) ?? { first: row, cells: used.map(() => undefined) };
    line.cells[at] = row;
    lines.set(key, line);
  }
  return {
    columns: used,
    lines: [...lines.values()].map(({ first: { engine, mode, version, runtime }, cells: inLine }) => ({
      engine,
      mode,
      version,
      runtime,
      cells: inLine,
    })),
  };
}

/** The grid as text: its heads, and its lines. `text` converts what engines report, `cell` each cell. */
export function gridTexts<T>(
  { columns: used, lines }: Grid,
  { text, cell }: { text: (said: string) => string; cell: (row: MatrixRow) => T },
): { heads: string[]; rows: (string | T)[][] } {
  return {
    heads: ['Engine', 'Mode', 'Version', 'Runtime', ...used.map(({ title }) => title)],
    rows: lines.map(({ engine, mode, version, runtime, cells }) => [
      engine,
      mode,
      text(version),
      text(runtime),
      ...cells.map((row) => (row === undefined ? '' : cell(row))),
    ]),
  };
}

/** Failed launches that no refusal predicted, each with its error. */
export function failedLaunches({ cells }: MatrixResult): { row: MatrixRow; error: string }[] {
  return cells
    .filter(({ live, agrees }) => live?.ok === false && agrees !== true)
    .map((row) => {
      const { code = 'UNKNOWN', message = '' } = row.live?.error ?? {};
      return { row, error: `${code}: ${message}` };
    });
}

/** The cell in words, such as `docker rootless runsc non-root mlock`, as far as it is given. */
export function cellWords({ engine, mode, runtime, user, mlock }: Partial<MatrixCell>): string {
  const memory = mlock === undefined ? undefined : mlock ? 'mlock' : 'no mlock';
  return [engine, mode, runtime, user, memory].filter((word) => word !== undefined).join(' ') || 'every cell';
}

/** The same with the version of the engine, because there may be several engines of a kind. */
export function rowWords({ engine, version, mode, runtime, user, mlock }: MatrixRow): string {
  return [engine, version, cellWords({ mode, runtime, user, mlock })].join(' ');
}

/** The sentence at the end that summarises the matrix. */
export function summaryWords({ summary }: MatrixResult): string {
  const { cells, works, refused, unknown, launched, disagree } = summary;
  const parts = [
    `${works} should work`,
    `${refused} refused`,
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  const reality =
    launched === 0
      ? 'none launched'
      : `${launched} launched, ${disagree === 0 ? 'all as predicted' : `${disagree} not as predicted`}`;
  return `${cells} cells: ${parts.join(', ')}; ${reality}.`;
}

/** Says what became of the channels of a launch, such as `call and log carried, callback failed`; empty without a launch. */
export function channelWords({ live }: MatrixRow): string {
  const states = Object.entries(live?.channels ?? {});
  const having = (state: string) => states.filter(([, its]) => its === state).map(([channel]) => channel);
  return [
    [having('carried'), 'carried'] as const,
    [having('failed'), 'failed'] as const,
    [having('silent'), 'silent'] as const,
  ]
    .filter(([names]) => names.length > 0)
    .map(([names, word]) => `${names.join(', ')} ${word}`)
    .join('; ');
}

/** A line for each set of channels that carried: which, and in which cells, where those are not all. */
export function channelLines({ cells }: MatrixResult): string[] {
  const launched = cells.filter((row) => channelWords(row) !== '');
  const groups = new Map<string, MatrixRow[]>();
  for (const row of launched) groups.set(channelWords(row), [...(groups.get(channelWords(row)) ?? []), row]);
  const most = Math.max(...[...groups.values()].map((rows) => rows.length));
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([words, rows]) => {
      const where =
        rows.length === most ? `${rows.length} of ${launched.length} cells` : rows.map(rowWords).join(', ');
      return `${words}: ${where}`;
    });
}

/** A matrix is good if reality is as predicted, all required cells work, and nothing was left behind. */
export function isGood({ result, unmet }: MatrixReport): boolean {
  const { cells, summary, leftovers = [] } = result;
  // A refusal that an error has kept from being tried.
  const untried = cells.some(
    ({ verdict, live, agrees }) => verdict === 'refused' && live && agrees === undefined,
  );
  return summary.disagree === 0 && !untried && leftovers.length === 0 && (unmet ?? []).length === 0;
}
