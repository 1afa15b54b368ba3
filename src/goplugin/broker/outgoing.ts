/** The broker's messages to the plugin. While the plugin does not read them, the plugin's own messages are not read. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { limits } from '../limits.ts';
import type { ConnInfo } from '../wire/messages.ts';

type BrokerStream = Pick<
  ClientDuplexStream<ConnInfo, ConnInfo>,
  'write' | 'writable' | 'writableLength' | 'pause' | 'resume' | 'once'
>;

export class Outgoing {
  readonly #stream: BrokerStream;
  readonly #onBacklog: (why: string) => void;
  #paused = false;

  /** @param onBacklog called when the plugin does not read and more messages wait for it than the limit allows */
  constructor(stream: BrokerStream, onBacklog: (why: string) => void) {
    this.#stream = stream;
    this.#onBacklog = onBacklog;
  }

  send(info: ConnInfo): void {
    if (!this.#stream.writable) return;
    const { brokerAnswers, brokerBacklog } = limits;
    if (this.#stream.writableLength >= brokerBacklog.value) {
      this.#onBacklog(
        `the plugin does not read its messages, and the limit brokerBacklog is ${brokerBacklog.value}`,
      );
      return;
    }
    this.#stream.write(info);
    if (this.#paused || this.#stream.writableLength < brokerAnswers.value) return;
    this.#paused = true;
    this.#stream.pause();
    this.#stream.once('drain', () => {
      this.#paused = false;
      this.#stream.resume();
    });
  }
}
