/**
 * Finds in the output of a program that ended what it says of the cause: the headline of a crash report, where there is
 * one, and otherwise the last line that is not mere information. Pure, and made for text that may be hostile.
 */
import { LogReader } from './log-reader.ts';
import type { LogEntry } from './log-entry.ts';

/** Lines of the text that are looked at, from its end. A crash report of Go may be longer than what is kept of it. */
const mostLines = 2_000;
/** Lines of a crash report that are looked at for its cause. */
const longestReport = 200;
/** Lines at the end that may tell the cause where there is no crash report. */
const mostLastLines = 5;

export interface Cause {
  /** One line for people; empty where the output says nothing. */
  readonly words: string;
  /** What may tell why, the most telling line first. */
  readonly lines: readonly string[];
}

/** Whether a line begins the report of a crash, so that its headline is at the beginning and not at the end. */
export const crashBegin =
  /^(?:panic: |fatal error: |runtime: goroutine stack exceeds |unexpected fault address |SIG[A-Z]{2,6}: |Traceback \(most recent call last\)|Exception in thread |thread '[^']*'(?: \(\d+\))? (?:panicked at|has overflowed)|Unhandled exception\. |FATAL ERROR: |Fatal Python error: |terminate called )/;

/**
 * @param level the least level of log lines that may tell the cause: a program that has ended logged an error, one that
 *   still tries may have warned only
 */
export function causeIn(text: string, level: 'warn' | 'error' = 'error'): Cause {
  const lines = text
    .trimEnd()
    .split('\n')
    .slice(-mostLines)
    .map((line) => line.trimEnd());
  const report = crashReport(lines);
  if (report !== undefined) {
    return { words: report.words, lines: [report.words, ...report.lines.slice(0, longestReport)] };
  }
  const told: string[] = [];
  let last = '';
  for (let at = lines.length - 1; at >= 0 && told.length < mostLastLines; at -= 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const entry = entryOf(line);
    last ||= messageOf(entry);
    if (!isInformation(entry, line, level)) told.push(messageOf(entry));
  }
  return { words: told[0] ?? last, lines: told };
}

interface Report {
  readonly words: string;
  readonly lines: readonly string[];
}

function crashReport(lines: readonly string[]): Report | undefined {
  const readers = [goReport, nodeReport, pythonReport, rustReport, javaReport, bareGoReport, otherReport];
  for (const find of readers) {
    const found = find(lines);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Go: `panic: ...` or `fatal error: ...` with the goroutines below it. */
function goReport(lines: readonly string[]): Report | undefined {
  // Programs log such words, too: a line that goroutines follow is surely a report.
  const isReport = (at: number): boolean =>
    lines.slice(at + 1, at + longestReport).some((line) => /^goroutine \d+ |^runtime stack:/.test(line));
  const heads = lines.flatMap((line, at) => (isGoHead(line) && isReport(at) ? [at] : []));
  const at = heads.at(-1) ?? lines.findIndex((line, each) => isSignal(line) && isReport(each));
  return at < 0 ? undefined : goReportAt(lines, at);
}

/** Go with `GOTRACEBACK=none`: the headline is all that there is. */
function bareGoReport(lines: readonly string[]): Report | undefined {
  const at = lines.findLastIndex(isGoHead);
  return at < 0 || at < lines.length - 3 ? undefined : goReportAt(lines, at);
}

/** The headline, the signal below it, and what the runtime says above it. */
function goReportAt(lines: readonly string[], at: number): Report {
  const head = lines[at] ?? '';
  const above = lines.slice(Math.max(0, at - 3), at);
  const before = above.find((line) => /^(?:runtime: |unexpected fault )/.test(line));
  const signal = lines.slice(at + 1, at + 20).find((line) => line.startsWith('[signal '));
  return {
    words: [head, signal, before].filter((part) => part !== undefined).join('; '),
    lines: [...(before === undefined ? [] : [before]), ...lines.slice(at)],
  };
}

function isGoHead(line: string): boolean {
  return /^(?:panic|fatal error): /.test(line);
}

function isSignal(line: string): boolean {
  return /^\[signal SIG[A-Z]+|^SIG[A-Z]{2,6}: /.test(line);
}

/** Node.js: the line below the one with `^`, or V8's own last words. */
function nodeReport(lines: readonly string[]): Report | undefined {
  const fatal = lines.findLastIndex((line) => line.startsWith('FATAL ERROR: '));
  if (fatal >= 0) return { words: lines[fatal] ?? '', lines: lines.slice(fatal) };
  const mark = lines.findLastIndex((line) => /^\s*\^+\s*$/.test(line));
  const at = lines.findIndex((line, each) => each > mark && line.trim() !== '');
  const head = lines[at] ?? '';
  const isNode = lines.findLastIndex((line) => /^Node\.js v\d+\./.test(line)) > at;
  if (mark < 0 || at < 0) return undefined;
  if (!isNode && !/^(?:\[?[\w.$]*(?:Error|Exception|Rejection)\b|Uncaught)/.test(head)) {
    return undefined;
  }
  const words = head === 'Uncaught:' ? `${head} ${lines[at + 1] ?? ''}` : head;
  return { words, lines: lines.slice(at) };
}

/** Python: the line after the indented ones of the last traceback. */
function pythonReport(lines: readonly string[]): Report | undefined {
  const own = lines.findLastIndex((line) => line.startsWith('Fatal Python error: '));
  if (own >= 0) return { words: lines[own] ?? '', lines: lines.slice(own) };
  const begins = lines.flatMap((line, at) =>
    /^(?:\s+[+|] (?:Exception Group )?)?Traceback \(most recent call last\):$/.test(line) ? [at] : [],
  );
  const last = begins.at(-1);
  if (last === undefined) return undefined;
  const group = lines.slice(begins[0]).find((line) => /^\s+\| \w*ExceptionGroup: /.test(line));
  const at = lines.findIndex((line, each) => each > last && /^[A-Za-z_]/.test(line));
  const words = group?.replace(/^\s+\| /, '') ?? lines[at] ?? '';
  return words === '' ? undefined : { words, lines: lines.slice(begins[0]) };
}

/** Rust: where it panicked, and the message, which newer versions write into the next line. */
function rustReport(lines: readonly string[]): Report | undefined {
  const at = lines.findLastIndex((line) =>
    /^thread '[^']*'(?: \(\d+\))? (?:panicked at|has overflowed)/.test(line),
  );
  if (at < 0) return undefined;
  const head = lines[at] ?? '';
  const words = head.endsWith(':') ? `${head} ${lines[at + 1] ?? ''}` : head;
  return { words, lines: lines.slice(at) };
}

/** Java, .NET and C++: the exception, and the cause of all causes. */
function javaReport(lines: readonly string[]): Report | undefined {
  const at = lines.findLastIndex((line) =>
    /^(?:Exception in thread |Unhandled exception\. |terminate called )/.test(line),
  );
  if (at < 0) return undefined;
  const after = lines.slice(at + 1);
  const deepest =
    after.findLast((line) => /^Caused by: | ---> /.test(line)) ??
    after.find((line) => /^\s+what\(\): /.test(line));
  return {
    words: [lines[at] ?? '', deepest?.trim()].filter((part) => part !== undefined).join('; '),
    lines: lines.slice(at),
  };
}

/** An exception that a program printed itself: a line with indented frames below it, up to the end. */
function otherReport(lines: readonly string[]): Report | undefined {
  const isFrame = (line: string): boolean => /^\s+(?:at |from |File ")/.test(line);
  let at = lines.length - 1;
  while (at > 0 && (isFrame(lines[at] ?? '') || /^\s*(?:\.\.\. \d+ more|[}\])]+;?)$/.test(lines[at] ?? '')))
    at -= 1;
  if (at === lines.length - 1 || at < 0) return undefined;
  const cause = /^(?:Caused by: )/.test(lines[at] ?? '');
  let head = at;
  while (
    cause &&
    head > 0 &&
    (isFrame(lines[head] ?? '') || /^(?:Caused by: )|^\s*\.\.\. \d+ more$/.test(lines[head] ?? ''))
  )
    head -= 1;
  const words = [lines[head] ?? '', ...(cause ? [lines[at] ?? ''] : [])].join('; ');
  return { words, lines: lines.slice(head) };
}

function entryOf(line: string): LogEntry | undefined {
  return new LogReader().push(Buffer.from(`${line}\n`))[0];
}

/** The message of a log line, with the error that it was logged with. */
function messageOf(entry: LogEntry | undefined): string {
  if (entry === undefined) return '';
  const reason = entry.fields['error'] ?? entry.fields['err'];
  return `${entry.message}${typeof reason === 'string' ? `: ${reason}` : ''}`.trim();
}

const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** Whether a log line is below the level. Text without a level may say anything. */
function isInformation(entry: LogEntry | undefined, line: string, least: 'warn' | 'error'): boolean {
  const level = entry?.kind === 'hclog' ? entry.level : writtenLevel(line);
  return level !== undefined && levels.indexOf(level) < levels.indexOf(least);
}

/** The level in the usual spellings: `[WARN]`, `level=warn`, `"level":"warn"`, `WARN`, `warning:`. */
function writtenLevel(line: string): string | undefined {
  const [, found] =
    /^(?:\S+ ){0,2}\[?(TRACE|DEBUG|INFO|WARN|ERROR)\]?(?:[ :]|ING[ :])/i.exec(line.slice(0, 200)) ??
    /\b(?:level|lvl|severity)"?[=:]\s?"?(trace|debug|info|warn|error)/i.exec(line.slice(0, 500)) ??
    [];
  return found?.toLowerCase();
}
