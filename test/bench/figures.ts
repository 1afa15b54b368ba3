/** Measurements of this host beside those of a host in Go, and how they are printed. */
import { median } from './table.ts';

/** What the ratio to Go should be, at least or at most. */
export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Line {
  readonly label: string;
  readonly ours: readonly number[];
  readonly go: readonly number[];
  readonly goal?: Goal | undefined;
}

export interface Figure {
  /** The name of its plot. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** What it is compared with. Default: a host in Go. */
  readonly other?: string | undefined;
  /** What is compared with it. Default: this host. */
  readonly own?: string | undefined;
  readonly lines: readonly Line[];
}

export function ratio({ ours, go }: Line): number {
  return median(ours) / median(go);
}

function isMet(line: Line): boolean {
  const { atLeast = 0, atMost = Infinity } = line.goal ?? {};
  return ratio(line) >= atLeast && ratio(line) <= atMost;
}

export function tableOf({ title, unit, own = 'Bulkhead', other = 'Go', lines }: Figure): string {
  const rows = lines.map((line) => {
    const { ours, go, goal } = line;
    const wanted =
      goal === undefined ? '' : goal.atLeast === undefined ? `<= ${goal.atMost}` : `>= ${goal.atLeast}`;
    const compared = go.length === 0 ? ['not measured', ''] : [spread(go), ratio(line).toFixed(2)];
    const met = goal === undefined || go.length === 0 ? '' : isMet(line) ? 'yes' : 'no';
    return `| ${[line.label, spread(ours), ...compared, wanted, met].join(' | ')} |`;
  });
  return [
    `### ${title}`,
    '',
    `${unit}; median, and in brackets the minimum and the maximum`,
    '',
    `| | ${own} | ${other} | ratio | goal | met |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function spread(values: readonly number[]): string {
  return `${shown(median(values))} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
}
