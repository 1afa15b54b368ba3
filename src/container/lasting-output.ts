/**
 * The output of a container that outlives the connection to its engine. When the engine is restarted while its
 * containers live on, or ends the connection for another reason, the output is attached to again. The engine keeps none
 * of it on its disk, so what the program wrote in between may be missing, which is told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConflictError,
  EngineClosedError,
  NotFoundError,
  type ContainerAttachment,
  type Engine,
} from '../engine/index.ts';
import type { OutputGap } from '../goplugin/index.ts';

/** First and longest pause before an engine that is away is asked again. */
const firstRetryMs = 100;
const longestRetryMs = 5_000;
/**
 * How long a container has to outlive its output before something counts as missing: engines end the output of one that
 * ends a little before they report its end.
 */
const outlivedMs = 1_000;
/**
 * How long the end of a program that was asked to end is waited for before the engine is asked: a busy one reports it long
 * after the end of the output.
 */
const askedToEndMs = 10_000;

const lineFeed = 0x0a;

export interface LastingOutputParts {
  readonly engine: Engine;
  readonly id: string;
  /** The attachment from before the start. */
  readonly first: ContainerAttachment;
  /** Whether the output may be attached to again: before the handshake its end is an observation of its own. */
  readonly lasts: () => boolean;
  readonly missed: (gap: OutputGap) => void;
  /** Whether the program was asked to end. */
  readonly wasAsked: () => boolean;
  /** The watch for the end of the container, once it was started. It may reject. */
  readonly ended: () => Promise<unknown> | undefined;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

type Output = ContainerAttachment & { readonly isFirst: boolean; hasGiven: boolean };

export class LastingOutput {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  readonly #parts: LastingOutputParts;
  #current: Output;
  /** The attachment after the current one, for both streams. */
  #next: { readonly after: Output; readonly output: Promise<Output | undefined> } | undefined;
  #told: () => void = () => undefined;

  constructor(parts: LastingOutputParts) {
    this.#parts = parts;
    this.#current = Object.assign(parts.first, { isFirst: true, hasGiven: false });
    this.stdout = this.#read('stdout');
    this.stderr = this.#read('stderr');
  }

  /** Closes the connection; nothing is attached to any more once the signal is aborted. */
  close(): void {
    this.#current.close();
  }

  async *#read(name: 'stdout' | 'stderr'): AsyncGenerator<Uint8Array> {
    let last = lineFeed;
    for (let output = this.#current; ;) {
      let failure: unknown;
      try {
        for await (const chunk of output[name]) {
          if (!output.hasGiven) {
            output.hasGiven = true;
            if (!output.isFirst) this.#told();
          }
          last = chunk.at(-1) ?? last;
          yield chunk;
        }
      } catch (error) {
        failure = error;
      }
      const next = await this.#after(output);
      if (next === undefined) {
        if (failure !== undefined) throw failure as Error;
        return;
      }
      output = next;
      // What comes after a gap begins a line of its own.
      if (last !== lineFeed) yield Uint8Array.of(lineFeed);
      last = lineFeed;
    }
  }

  #after(output: Output): Promise<Output | undefined> {
    if (this.#next?.after !== output) this.#next = { after: output, output: this.#attachAgain(output) };
    return this.#next.output;
  }

  async #attachAgain(ended: Output): Promise<Output | undefined> {
    const { engine, id, lasts, signal } = this.#parts;
    if (signal.aborted || !lasts()) return undefined;
    const since = new Date();
    // The output of most containers ends because they do, which the watch is told a moment later.
    if ((await this.#endsSoon()) || isAborted(signal)) return undefined;
    let wasAway = false;
    for (let retryMs = firstRetryMs; ; retryMs = Math.min(2 * retryMs, longestRetryMs)) {
      try {
        const { state } = await engine.containers.inspect(id, { signal });
        if (state.status !== 'running' && state.status !== 'paused') return undefined;
        // A program that closed its output has no more of it, although it runs.
        if (!ended.isFirst && !ended.hasGiven && !wasAway) return undefined;
        const attachment = await engine.containers.attach(id, { stdout: true, stderr: true, signal });
        attachment.ended.catch(() => undefined); // its readers get the error
        const output = Object.assign(attachment, { isFirst: false, hasGiven: false });
        this.#current = output;
        this.#tellWhenCertain(output, { since, until: new Date() });
        return output;
      } catch (error) {
        if (isAborted(signal) || isOver(error)) return undefined;
        wasAway = true;
        await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  /** Whether the container is known to have ended after a short wait. */
  async #endsSoon(): Promise<boolean> {
    const { ended, signal, wasAsked } = this.#parts;
    const seen = ended()?.then(
      () => true,
      () => false,
    );
    if (seen === undefined) return false;
    const waiting = new AbortController();
    const tooLong = delay(wasAsked() ? askedToEndMs : firstRetryMs, false, {
      signal: AbortSignal.any([signal, waiting.signal]),
      ref: false,
    }).catch(() => false);
    const isOver = await Promise.race([seen, tooLong]);
    waiting.abort();
    return isOver;
  }

  /** Tells of the gap with the first piece of output, or when the container has outlived it for some time. */
  #tellWhenCertain(output: Output, gap: OutputGap): void {
    let isTold = false;
    const tell = (): void => {
      clearTimeout(timer);
      if (!isTold) this.#parts.missed(gap);
      isTold = true;
    };
    const timer = setTimeout(tell, outlivedMs);
    timer.unref();
    this.#told = tell;
    void output.ended
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
      });
  }
}

/** Asked anew after each wait. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Whether the container is gone, or nobody reads its output any more. */
function isOver(error: unknown): boolean {
  return [NotFoundError, ConflictError, EngineClosedError].some((kind) => error instanceof kind);
}
