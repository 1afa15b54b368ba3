import type { MatrixCell, MatrixRow } from '../../compatibility/index.ts';
import { plainText } from '../output/plain-text.ts';
import { cellWords, channelWords, type MatrixReport } from './report.ts';

/**
 * JUnit's XML, as CI systems read it. A cell fails where prediction and reality differ, or where it must work and does
 * not. A cell that is refused (and, if launched, did fail) is skipped, with its reasons.
 */
export function matrixJunit(report: MatrixReport): string {
  const cases = [
    ...report.result.cells.map((row) => caseOf(row, isRequired(row, report.unmet ?? []))),
    ...(report.unmet ?? [])
      .filter((cell) => !report.result.cells.some((row) => matches(row, cell)))
      .map(missingCase),
  ];
  return junitDocument('bulkhead matrix', cases, report.generatedAt);
}

export function junitDocument(title: string, cases: readonly JunitCase[], generatedAt: Date): string {
  const suites = groupBySuite(cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attribute('name', title)} ${counts(cases)}>`,
    ...[...suites].flatMap(([name, inSuite]) => [
      `  <testsuite ${attribute('name', name)} ${counts(inSuite)} ${attribute('timestamp', generatedAt.toISOString())}>`,
      ...inSuite.flatMap(caseLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n');
}

export interface JunitCase {
  readonly suite: string;
  readonly name: string;
  readonly seconds: number;
  readonly failure?: { readonly type: string; readonly message: string } | undefined;
  readonly skipped?: string | undefined;
  readonly output: readonly string[];
}

function caseOf(row: MatrixRow, required: boolean): JunitCase {
  const { engine, mode, version, runtime, user, mlock, verdict, live, agrees, reasons } = row;
  const error = live?.error === undefined ? '' : `${live.error.code}: ${live.error.message}`;
  const why = reasons.map(({ rule, observed }) => `${rule}: ${observed}`).join('; ');
  const differs =
    agrees === false
      ? {
          type: 'disagreement',
          message: `predicted: ${verdict}; launched: ${live?.ok === true ? 'works' : error}`,
        }
      : undefined;
  const unmet = required ? { type: 'required', message: `must work: ${error || why || verdict}` } : undefined;
  const failure = differs ?? unmet;
  return {
    suite: `${engine} ${mode} ${version}`,
    name: `${runtime}, ${user}, mlock ${mlock ? 'on' : 'off'}`,
    seconds: (live?.milliseconds ?? 0) / 1000,
    failure,
    skipped: failure === undefined && verdict !== 'works' ? `${verdict}: ${why}` : undefined,
    output: [
      ...reasons.flatMap(({ rule, requirement, observed, remedy, source }) => [
        `${rule}: ${requirement}`,
        `  seen: ${observed}`,
        `  to do: ${remedy}`,
        `  source: ${source}`,
      ]),
      ...(error === '' ? [] : [`launched: ${error}`]),
      ...(channelWords(row) === '' ? [] : [`channels: ${channelWords(row)}`]),
    ],
  };
}

function missingCase(cell: Partial<MatrixCell>): JunitCase {
  const message = 'must work, and this host has no such cell';
  return {
    suite: 'required cells',
    name: cellWords(cell),
    seconds: 0,
    failure: { type: 'required', message },
    output: [],
  };
}

/** Whether a requirement names the cell and the cell is among those that keep it unmet. */
function isRequired(row: MatrixRow, unmet: readonly Partial<MatrixCell>[]): boolean {
  const works = row.live === undefined ? row.verdict === 'works' : row.live.ok;
  return !works && unmet.some((cell) => matches(row, cell));
}

function matches(row: MatrixRow, cell: Partial<MatrixCell>): boolean {
  return Object.entries(cell).every(([name, value]) => row[name as keyof MatrixCell] === value);
}

function groupBySuite(cases: readonly JunitCase[]): Map<string, JunitCase[]> {
  const suites = new Map<string, JunitCase[]>();
  for (const each of cases) suites.set(each.suite, [...(suites.get(each.suite) ?? []), each]);
  return suites;
}

function caseLines({ suite, name, seconds, failure, skipped, output }: JunitCase): string[] {
  const head = `    <testcase ${attribute('classname', suite)} ${attribute('name', name)} time="${seconds.toFixed(3)}"`;
  const inner = [
    ...(failure === undefined
      ? []
      : [
          `      <failure ${attribute('type', failure.type)} ${attribute('message', failure.message)}>${escaped(output.join('\n'))}</failure>`,
        ]),
    ...(skipped === undefined ? [] : [`      <skipped ${attribute('message', skipped)}/>`]),
    ...(output.length === 0 ? [] : [`      <system-out>${escaped(output.join('\n'))}</system-out>`]),
  ];
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, '    </testcase>'];
}

function counts(cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((each) => each.skipped !== undefined).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0);
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds.toFixed(3)}"`;
}

function attribute(name: string, value: string): string {
  return `${name}="${escaped(value).replaceAll('\n', '&#10;')}"`;
}

/** Escapes text for XML 1.0, which allows no control characters, not even escaped: they are shown by their numbers. */
function escaped(text: string): string {
  return plainText(text)
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
