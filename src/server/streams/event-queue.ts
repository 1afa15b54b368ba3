/** Events that wait for a reader, who may be slow: what there is no room for is left out and counted. */
import { isAborted, News } from './news.ts';
import { serverSentEvent, signOfLife } from './server-sent-events.ts';

/** When so many characters wait for a reader that is too slow, nothing is added. */
export const mostWaiting = 1024 * 1024;
/** How often a stream on which nothing happens shows that it lives. */
export const lifeMs = 5_000;

export interface EventQueueOptions {
  readonly mostWaiting?: number;
  readonly lifeMs?: number;
}

export class EventQueue {
  readonly #most: number;
  readonly #lifeMs: number;
  readonly #news = new News();
  #waiting: string[] = [];
  #characters = 0;
  #leftOut = 0;
  #ended = false;

  constructor(options: EventQueueOptions = {}) {
    this.#most = options.mostWaiting ?? mostWaiting;
    this.#lifeMs = options.lifeMs ?? lifeMs;
  }

  /** Adds an event, or leaves it out where too much waits. The reader learns how many were left out, where they were. */
  push(name: string, data: unknown): void {
    if (this.#ended) return;
    // What is left out is not written first: a flood of lines costs as little as it can.
    if (this.#characters >= this.#most) this.#leftOut += 1;
    else this.#add(serverSentEvent(name, data));
    this.#news.tell();
  }

  /** Adds a last event, for which there is always room. */
  end(name: string, data: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#tellLeftOut();
    this.#add(serverSentEvent(name, data));
    this.#news.tell();
  }

  /** The text of the events as they come, and signs of life. Ends after the last event, or at the abort. */
  async *read(signal: AbortSignal): AsyncGenerator<string> {
    while (!isAborted(signal)) {
      if (this.#waiting.length > 0) yield this.#take();
      else if (this.#ended) return;
      else {
        await this.#news.wait(this.#lifeMs, signal);
        if (this.#waiting.length === 0 && !isAborted(signal)) yield signOfLife;
      }
    }
  }

  #take(): string {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#characters = 0;
    this.#tellLeftOut();
    return text;
  }

  #tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#add(serverSentEvent('left-out', { count }));
  }

  #add(text: string): void {
    this.#waiting.push(text);
    this.#characters += text.length;
  }
}
