/** What an implementation learns about the call that it answers. */
import type { Fields } from '../../http2/fields.ts';
import type { CallContext } from '../../service.ts';
import { metadataOf, type ReceivedMetadata } from '../metadata.ts';
import { StatusError } from '../status.ts';

/** Headers that are no metadata of the application. */
const ownHeaders = new Set([
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'accept-encoding',
  'te',
  'content-type',
]);

export class ServedContext {
  readonly #fields: Fields;
  /** Made on first use: most implementations never look at it. */
  #controller: AbortController | undefined;
  #over = false;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** @param deadline in milliseconds since the epoch; `undefined` for none */
  of(deadline: number | undefined): CallContext {
    const metadata = (): ReceivedMetadata => this.#metadata();
    const signal = (): AbortSignal => this.#signal();
    return {
      get metadata() {
        return metadata();
      },
      get signal() {
        return signal();
      },
      deadline: deadline === undefined ? undefined : new Date(deadline),
    };
  }

  /** The call is over. */
  end(): void {
    this.#over = true;
    this.#controller?.abort(noLongerWaiting());
  }

  #signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort(noLongerWaiting());
    return this.#controller.signal;
  }

  #metadata(): ReceivedMetadata {
    const metadata = metadataOf(this.#fields);
    return Object.fromEntries(Object.entries(metadata).filter(([name]) => !ownHeaders.has(name)));
  }
}

export function noLongerWaiting(): StatusError {
  return new StatusError('CANCELLED', 'the caller no longer waits for this call');
}
