/**
 * Tells a reply that exceeded a limit while it was decoded from one that is not a message, because grpc-js gives the
 * reason only as text.
 */
import type { ServiceError } from '@grpc/grpc-js';
import type { MethodShape } from '../service.ts';
import { LimitExceeded } from './limit-error.ts';
import { statusNames } from './status.ts';

export class NotedLimit {
  readonly #method: MethodShape;
  #exceeded: LimitExceeded | undefined;

  constructor(method: MethodShape) {
    this.#method = method;
  }

  readonly deserialize = (bytes: Buffer): unknown => {
    try {
      return this.#method.responseDeserialize(bytes);
    } catch (error) {
      if (error instanceof LimitExceeded) this.#exceeded = error;
      throw error;
    }
  };

  /** Returns the failure, with the limit in it where one was exceeded. */
  in(failure: ServiceError): ServiceError {
    if (this.#exceeded === undefined) return failure;
    const { status, message, limit } = this.#exceeded;
    return Object.assign(failure, { code: statusNames.indexOf(status), details: message, limit });
  }
}
