/** Notes which channels between a plugin and its host have carried something while the plugin was exercised. */
import { channels, type Channel, type ChannelState, type LiveOutcome } from '../compatibility/index.ts';
import { orAborted } from '../abort.ts';
import { BulkheadError } from '../errors.ts';
import type { LogEntry, OutputChunk } from '../goplugin/index.ts';

/** What the exercise of a plugin is given. */
export interface ExerciseContext {
  readonly signal: AbortSignal;
  /**
   * Uses a channel and notes whether it carried: an error of `work` is noted as its failure, and thrown. The signal of
   * `work` aborts when the time of one channel is over.
   */
  readonly use: <T>(
    channel: Channel,
    work: (options: { readonly signal: AbortSignal }) => Promise<T>,
  ) => Promise<T>;
  /** Waits until the plugin has written these words into its log. */
  readonly logged: (words: string) => Promise<void>;
  /** Waits until the plugin has printed these words, which go to the host through gRPC. */
  readonly printed: (words: string) => Promise<void>;
}

/** How much of what a plugin writes is kept for the search for words. */
const keptCharacters = 64 * 1024;

/** The text of one channel, and who waits for words in it. */
class Heard {
  #text = '';
  readonly #waiting = new Map<string, () => void>();

  add(text: string): void {
    this.#text = (this.#text + text).slice(-keptCharacters);
    for (const [words, tell] of this.#waiting) if (this.#text.includes(words)) tell();
  }

  async words(words: string, signal: AbortSignal): Promise<void> {
    if (this.#text.includes(words)) return;
    const heard = new Promise<void>((resolve) => this.#waiting.set(words, resolve));
    try {
      await orAborted(heard, signal);
    } finally {
      this.#waiting.delete(words);
    }
  }
}

export class ChannelRecord {
  readonly #states = new Map<Channel, ChannelState>([
    ['stdio', 'silent'],
    ['log', 'silent'],
  ]);
  readonly #log = new Heard();
  readonly #prints = new Heard();
  /** How long one channel may take, in milliseconds. */
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  onLog(entry: LogEntry): void {
    this.#states.set('log', 'carried');
    this.#log.add(`${entry.message} ${JSON.stringify(entry.fields)}\n`);
  }

  onOutput({ data }: OutputChunk): void {
    this.#states.set('stdio', 'carried');
    this.#prints.add(Buffer.from(data).toString('latin1'));
  }

  set(channel: Channel, state: ChannelState): void {
    this.#states.set(channel, state);
  }

  /** The states in the order of the channels; what the launch did not come to is absent. */
  get states(): NonNullable<LiveOutcome['channels']> {
    return Object.fromEntries(
      channels
        .map((channel) => [channel, this.#states.get(channel)] as const)
        .filter(([, its]) => its !== undefined),
    );
  }

  contextOf(signal: AbortSignal): ExerciseContext {
    return {
      signal,
      use: (channel, work) => this.use(channel, signal, work),
      logged: (words) => this.#hear('log', this.#log, words, signal),
      printed: (words) => this.#hear('stdio', this.#prints, words, signal),
    };
  }

  async use<T>(
    channel: Channel,
    signal: AbortSignal,
    work: (options: { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const limit = AbortSignal.timeout(this.#limitMs);
    try {
      const result = await work({ signal: AbortSignal.any([signal, limit]) });
      this.#states.set(channel, 'carried');
      return result;
    } catch (error) {
      this.#states.set(channel, 'failed');
      signal.throwIfAborted();
      if (limit.aborted && !(error instanceof BulkheadError)) throw silent(channel, this.#limitMs);
      throw error;
    }
  }

  #hear(channel: Channel, heard: Heard, words: string, signal: AbortSignal): Promise<void> {
    return this.use(channel, signal, (options) => heard.words(words, options.signal));
  }
}

const whatDidNotCome: Readonly<Record<Channel, string>> = {
  call: 'a call was not answered',
  callback: 'the call back of the plugin did not arrive',
  stdio: 'what the plugin printed did not arrive',
  log: 'what the plugin logged did not arrive',
  health: 'the plugin did not say that it serves',
  shutdown: 'the plugin did not end',
};

function silent(channel: Channel, limitMs: number): BulkheadError {
  return new BulkheadError('PLUGIN_CHANNEL_SILENT', `${whatDidNotCome[channel]} within ${limitMs} ms`, {
    hint: 'Look for what keeps it from there: a denied socket, a full disk, or a machine that needs longer (`channelTimeoutMs`).',
  });
}
