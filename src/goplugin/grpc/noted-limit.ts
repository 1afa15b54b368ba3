/** Tells a reply that went beyond a limit while it was decoded from one that is no message: grpc-js says only in words why. */
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

  /** The failure with the limit in it, where there was one. */
  in(failure: ServiceError): ServiceError {
    if (this.#exceeded === undefined) return failure;
    const { status, message, limit } = this.#exceeded;
    return Object.assign(failure, { code: statusNames.indexOf(status), details: message, limit });
  }
}
