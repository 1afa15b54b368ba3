/**
 * Reads everything a plugin writes, from the first byte to the last: the handshake line, log lines, prints.
 *
 * Reading never waits for the listeners, so the plugin is never held up. Only what an error needs is kept.
 */
import { boundedText } from '../../foreign-text.ts';
import { HandshakeLineError, longestHandshakeLine } from '../handshake/line.ts';
import type { OutputTail } from '../errors.ts';
import type { OutputChunk, StartPluginOptions } from '../plugin.ts';
import type { OutputGap, PluginRunner } from '../runner.ts';
import type { LogEntry } from './log-entry.ts';
import { LogReader } from './log-reader.ts';
import { KeptOutput } from './kept-output.ts';

export class PluginOutput {
  /** The first line on stdout; `undefined` when stdout ended without one. Rejects when the line is too long to be one. */
  readonly firstLine: Promise<string | undefined>;
  /** Resolves when both streams have ended. */
  readonly ended: Promise<void>;
  readonly #kept = { stdout: new KeptOutput(), stderr: new KeptOutput() };
  readonly #redact: (text: string) => string;
  // The return values of the listeners are looked at, because they may be promises that reject.
  readonly #onLog: ((entry: LogEntry) => unknown) | undefined;
  readonly #onOutput: ((chunk: OutputChunk) => unknown) | undefined;
  readonly #onOutputGap: ((gap: OutputGap) => unknown) | undefined;
  #warned = false;
  #stdoutFailure: unknown;

  constructor(
    runner: Pick<PluginRunner, 'stdout' | 'stderr' | 'redact' | 'watchOutput'>,
    { onLog, onOutput, onOutputGap }: Pick<StartPluginOptions, 'onLog' | 'onOutput' | 'onOutputGap'>,
  ) {
    this.#onOutputGap = onOutputGap;
    runner.watchOutput?.((gap) => {
      this.#missed(gap);
    });
    this.#redact = runner.redact ?? ((text) => text);
    this.#onLog = onLog;
    this.#onOutput = onOutput;
    const line = new FirstLine();
    this.firstLine = line.found;
    this.firstLine.catch(() => undefined); // the start may have failed for another reason before anybody waits
    this.ended = Promise.all([this.#readStdout(runner.stdout, line), this.#readStderr(runner.stderr)]).then(
      () => undefined,
    );
  }

  /** Takes what the plugin printed through gRPC. */
  printed(stream: 'stdout' | 'stderr', data: Uint8Array): void {
    this.#kept[stream].push(data);
    const listener = this.#onOutput;
    if (listener) {
      this.#tell(() => listener({ stream, data }));
    }
  }

  /** Reports in the plugin's log that its prints are not read any more, and why. */
  notRead(why: string): void {
    this.#note(`The prints of the plugin are not read any more: ${why}`);
  }

  #missed(gap: OutputGap): void {
    const [since, until] = [gap.since.toISOString(), gap.until.toISOString()];
    this.#note(
      `Output of the plugin from ${since} to ${until} may be missing: the connection to what runs it was lost`,
    );
    const listener = this.#onOutputGap;
    if (listener) this.#tell(() => listener(gap));
  }

  /** Puts a remark of the host's own into the plugin's log. */
  #note(message: string): void {
    this.#kept.stderr.push(Buffer.from(`${message}\n`));
    const listener = this.#onLog;
    if (!listener) return;
    this.#tell(() => {
      listener({ level: 'warn', message, kind: 'text', timestamp: undefined, fields: {} });
    });
  }

  /** Why stdout could not be read to its end, if so. */
  get stdoutFailure(): unknown {
    return this.#stdoutFailure;
  }

  tail(): OutputTail {
    const { stdout, stderr } = this.#kept;
    return { stdout: this.#redact(stdout.text()), stderr: this.#redact(stderr.text()) };
  }

  async #readStdout(stdout: AsyncIterable<Uint8Array>, line: FirstLine): Promise<void> {
    this.#stdoutFailure = await this.#forEachChunk(stdout, (chunk) => {
      if (line.complete) {
        this.printed('stdout', chunk);
        return;
      }
      const rest = line.push(chunk);
      this.#keepIfForeign(line);
      if (rest.length > 0) this.printed('stdout', rest);
    });
    line.end({ isBroken: this.#stdoutFailure !== undefined });
    this.#keepIfForeign(line);
  }

  /**
   * Keeps a first line that is not a handshake, because it tells what went wrong. A handshake holds only addresses and
   * a certificate.
   */
  #keepIfForeign(line: FirstLine): void {
    const text = line.takeText();
    if (text !== '' && !/^\s*\d+\|/.test(text)) this.#kept.stdout.push(Buffer.from(`${text}\n`));
  }

  async #readStderr(stderr: AsyncIterable<Uint8Array>): Promise<void> {
    const log = new LogReader();
    const pass = (entries: ReturnType<LogReader['push']>): void => {
      const listener = this.#onLog;
      if (!listener) return;
      for (const entry of entries) {
        this.#tell(() => listener(entry));
      }
    };
    await this.#forEachChunk(stderr, (chunk) => {
      this.#kept.stderr.push(chunk);
      pass(log.push(chunk));
    });
    pass(log.end());
  }

  /**
   * Reads a stream to its end. Any failure of the stream ends it and nothing else: the exit of the plugin tells the
   * rest.
   *
   * @returns the failure, such as that of an engine that goes away, which breaks the stream in the middle
   */
  async #forEachChunk(stream: AsyncIterable<Uint8Array>, use: (chunk: Uint8Array) => void): Promise<unknown> {
    try {
      for await (const chunk of stream) {
        try {
          use(chunk);
        } catch (error) {
          this.#warn('The output of a plugin could not be read', error);
        }
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Calls a listener. One that throws, or that is asynchronous and rejects, must not end the reading. */
  #tell(listener: () => unknown): void {
    const complaint = 'A listener for the output of a plugin threw';
    try {
      const told = listener();
      if (told instanceof Promise)
        told.catch((error: unknown) => {
          this.#warn(complaint, error);
        });
    } catch (error) {
      this.#warn(complaint, error);
    }
  }

  /** Warns once: what fails for one line fails for many. */
  #warn(complaint: string, error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`${complaint}: ${boundedText(wordsOf(error))}`, 'BulkheadWarning');
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return typeof error === 'string' ? error : `a value of type ${typeof error}`;
}

class FirstLine {
  readonly found: Promise<string | undefined>;
  complete = false;
  #text = '';
  #held: Uint8Array[] = [];
  #length = 0;
  #resolve!: (line: string | undefined) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.found = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Takes a chunk, and returns the bytes after the line. */
  push(chunk: Uint8Array): Uint8Array {
    const end = chunk.indexOf(0x0a);
    const part = end < 0 ? chunk : chunk.subarray(0, end);
    if (this.#length + part.length > longestHandshakeLine) {
      this.complete = true;
      this.#reject(tooLong(this.#take(part)));
      return new Uint8Array();
    }
    this.#held.push(Uint8Array.from(part));
    this.#length += part.length;
    if (end < 0) return new Uint8Array();
    this.complete = true;
    this.#resolve(this.#take());
    return chunk.subarray(end + 1);
  }

  /** Ends the line: a last line without a line feed counts too, unless it has none because the way from the program broke. */
  end({ isBroken }: { isBroken: boolean }): void {
    if (this.complete) return;
    this.complete = true;
    const line = this.#take();
    this.#resolve(isBroken || line.trim() === '' ? undefined : line);
  }

  /** Returns the line as it came, once. */
  takeText(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  #take(last: Uint8Array = new Uint8Array()): string {
    this.#text = Buffer.concat([...this.#held, last]).toString('utf8');
    this.#held = [];
    return this.#text;
  }
}

function tooLong(start: string): HandshakeLineError {
  return new HandshakeLineError(
    'HANDSHAKE_NOT_RECOGNISED',
    `The plugin wrote ${longestHandshakeLine} bytes to stdout without a line feed, which is no handshake: ${JSON.stringify(start.slice(0, 200))}`,
    start,
    'The program must print nothing on stdout before the handshake.',
  );
}
