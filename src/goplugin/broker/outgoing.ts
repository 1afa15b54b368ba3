/** The broker's messages to the plugin. While the plugin does not read them, the plugin's own messages are not read. */
import type { Http2Call } from '../grpc/client/http2-call.ts';
import { limits } from '../limits.ts';
import { encodeConnInfo, type ConnInfo } from '../wire/messages.ts';

type BrokerStream = Pick<Http2Call, 'send' | 'over' | 'waiting' | 'pause' | 'resume' | 'onDrained'>;

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
    if (this.#stream.over) return;
    const { brokerAnswers, brokerBacklog } = limits;
    if (this.#stream.waiting >= brokerBacklog.value) {
      this.#onBacklog(
        `the plugin does not read its messages, and the limit brokerBacklog is ${brokerBacklog.value}`,
      );
      return;
    }
    this.#stream.send(encodeConnInfo(info));
    if (this.#paused || this.#stream.waiting < brokerAnswers.value) return;
    this.#paused = true;
    this.#stream.pause();
    this.#stream.onDrained = () => {
      this.#paused = false;
      this.#stream.resume();
    };
  }
}
