/** The stream that a host keeps open for as long as it lives: it carries the broker's messages. */
import { limits } from '../limits.ts';
import { MessageQueue } from './message-queue.ts';
import type { ConnInfo } from '../wire/messages.ts';

export class HostLink {
  readonly #gone: () => void;
  readonly #goneAfterMs: number;
  readonly #open = new Set<MessageQueue<ConnInfo>>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param gone is called once the stream has ended and no new one was opened for `goneAfterMs`
   * @param firstMs how long the first host may take
   */
  constructor(gone: () => void, goneAfterMs: number, firstMs: number) {
    this.#gone = gone;
    this.#goneAfterMs = goneAfterMs;
    if (goneAfterMs !== Infinity) this.#timer = setTimeout(gone, firstMs).unref();
  }

  /** Sends a message to every connected host, which after a reattach includes the new one. */
  send(info: ConnInfo): void {
    for (const queue of this.#open) {
      // A host that reads nothing any more is gone.
      if (queue.length >= limits.brokerBacklog.value) this.#left(queue);
      else queue.push(info);
    }
  }

  /** Serves one stream. */
  async *serve(
    incoming: AsyncIterable<ConnInfo>,
    receive: (info: ConnInfo) => void,
  ): AsyncGenerator<ConnInfo> {
    clearTimeout(this.#timer);
    const outgoing = new MessageQueue<ConnInfo>();
    this.#open.add(outgoing);
    void this.#receiveAll(incoming, receive, outgoing).then(() => {
      this.#left(outgoing);
    });
    try {
      yield* outgoing;
    } finally {
      this.#left(outgoing);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const queue of this.#open) queue.end();
  }

  /**
   * Receives the host's messages. As long as the host does not read, its own messages are not read, because each may
   * cause an answer.
   */
  async #receiveAll(
    incoming: AsyncIterable<ConnInfo>,
    receive: (info: ConnInfo) => void,
    outgoing: MessageQueue<ConnInfo>,
  ): Promise<void> {
    try {
      for await (const info of incoming) {
        receive(info);
        if (outgoing.length >= limits.brokerAnswers.value) {
          await outgoing.shorterThan(limits.brokerAnswers.value);
        }
      }
    } catch {
      // A host that vanishes breaks the stream.
    }
  }

  #left(queue: MessageQueue<ConnInfo>): void {
    queue.end();
    if (!this.#open.delete(queue) || this.#open.size > 0 || this.#goneAfterMs === Infinity) return;
    this.#timer = setTimeout(this.#gone, this.#goneAfterMs).unref();
  }
}
