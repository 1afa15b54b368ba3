/** Shows on standard error what a plugin writes while a command has it: log lines with their fields, and its prints. */
import type { LogEntry, OutputChunk } from '../../goplugin/index.ts';
import { plainJson, plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/** A longer line is shown in pieces of this many bytes. */
const longestLine = 16 * 1024;
const lineFeed = 0x0a;

export interface ShownOutput {
  readonly onLog: (entry: LogEntry) => void;
  readonly onOutput: (chunk: OutputChunk) => void;
  /** Shows what a stream ended with, if there is no line feed after it. */
  readonly end: () => void;
}

/** @param format `json` shows each line as an object: time, stream, level, text, and the fields of a log line */
export function showOutput(terminal: Terminal, format: string | undefined): ShownOutput {
  const unfinished = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const printed = (stream: 'stdout' | 'stderr', bytes: Buffer): void => {
    const text = bytes.toString('utf8').replace(/\r$/, '');
    if (format === 'json') terminal.err(jsonLine({ stream, level: 'info', text }));
    else terminal.err(`[${stream}] ${inOneLine(text)}`);
  };
  return {
    onLog({ level, message, fields, timestamp }) {
      if (format !== 'json') {
        terminal.err(`[${level}] ${inOneLine([message, ...fieldWords(fields)].join(' '))}`);
        return;
      }
      const own = Object.keys(fields).length === 0 ? {} : { fields };
      terminal.err(jsonLine({ at: timestamp, stream: 'stderr', level, text: message, ...own }));
    },
    onOutput({ stream, data }) {
      let rest = Buffer.concat([unfinished[stream], data]);
      for (;;) {
        const end = rest.indexOf(lineFeed);
        const isLong = (end < 0 ? rest.length : end) > longestLine;
        if (end < 0 && !isLong) break;
        printed(stream, rest.subarray(0, isLong ? longestLine : end));
        rest = rest.subarray(isLong ? longestLine : end + 1);
      }
      unfinished[stream] = Buffer.from(rest);
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        if (unfinished[stream].length > 0) printed(stream, unfinished[stream]);
        unfinished[stream] = Buffer.alloc(0);
      }
    },
  };
}

interface OutputLine {
  readonly at?: Date | undefined;
  readonly stream: 'stdout' | 'stderr';
  readonly level: LogEntry['level'];
  readonly text: string;
  readonly fields?: LogEntry['fields'];
}

function jsonLine({ at = new Date(), ...line }: OutputLine): string {
  return plainJson({ at, ...line });
}

function fieldWords(fields: LogEntry['fields']): string[] {
  return Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : plainJson(value)}`,
  );
}

/** A line of a plugin stays one line, so that it can't look like several, or like the command's own words. */
function inOneLine(text: string): string {
  return plainText(text).replaceAll('\n', ' ');
}
