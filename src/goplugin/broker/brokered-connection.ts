/** A connection to what the other side serves, in either mode of the broker. */
import { BrokerError } from '../errors.ts';
import { CallsInProgress } from '../grpc/client/calls-in-progress.ts';
import type { CallFailure } from '../grpc/client/call-end.ts';
import { clientMaker } from '../grpc/client/client.ts';
import type { Http2Channel } from '../grpc/client/http2-channel.ts';
import type { BrokeredConnection } from './broker.ts';

/** What a broker has open, which is closed together with the broker. */
export type OpenSet = Set<{ end(): void }>;

export interface BrokeredConnectionParts {
  readonly id: number;
  readonly channel: Http2Channel;
  readonly open: OpenSet;
  readonly explain: (failure: CallFailure, method: string) => Promise<Error>;
}

export class Connection implements BrokeredConnection {
  readonly id: number;
  readonly client: BrokeredConnection['client'];
  readonly #channel: Http2Channel;
  readonly #open: OpenSet;
  readonly #inProgress = new CallsInProgress();
  /** Who closed it: the user, or the broker. */
  #ended: 'no' | 'closed' | 'with the broker' = 'no';

  constructor({ id, channel, open, explain }: BrokeredConnectionParts) {
    this.id = id;
    this.#channel = channel;
    this.#open = open;
    this.client = clientMaker({
      channel: () => {
        if (this.#ended !== 'no') throw this.#closedError();
        return channel;
      },
      inProgress: this.#inProgress,
      // A call that the broker's end interrupts fails with the broker's reason, which as a rule is that the plugin has
      // ended.
      explain: (failure, method) =>
        this.#ended === 'closed' ? Promise.resolve(this.#closedError()) : explain(failure, method),
    });
    open.add(this);
  }

  close(): Promise<void> {
    this.#end('closed');
    return Promise.resolve();
  }

  /** Called when the broker has ended. */
  end(): void {
    this.#end('with the broker');
  }

  #end(why: 'closed' | 'with the broker'): void {
    if (this.#ended !== 'no') return;
    this.#ended = why;
    this.#open.delete(this);
    for (const call of this.#inProgress) call.cancel();
    this.#channel.close();
  }

  #closedError(): BrokerError {
    return new BrokerError('BROKER_CLOSED', `The brokered connection ${this.id} is closed`, { id: this.id });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
