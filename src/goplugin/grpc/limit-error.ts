/** The error for something beyond a limit of this side: a gRPC status that remembers the limit. */
import { limits, type LimitName } from '../limits.ts';
import { StatusError } from './status.ts';

export class LimitExceeded extends StatusError {
  readonly limit: LimitName;

  /** @param what what was observed, for example `a message of 5 bytes` */
  constructor(limit: LimitName, what: string, allowed: number = limits[limit].value) {
    super('RESOURCE_EXHAUSTED', `${what}, and the limit ${limit} is ${allowed}`);
    this.limit = limit;
  }
}

/** Returns what to do about the limit. */
export function limitHint(limit: unknown): string | undefined {
  switch (limit) {
    case undefined:
      return undefined;
    case 'maxMessageBytes':
    case 'heldMessages':
      return "If the plugin may send so much, start it with a larger `maxMessageBytes`, or with 'unlimited' as hosts in Go have it.";
    case 'valuesOfMessage':
      return "If the plugin may send so much, load its definition with a larger `maxValues`, or with 'unlimited' as hosts in Go have it.";
    case 'callsInProgress':
      return 'The plugin does not answer: give calls a `timeoutMs`, or make fewer at a time.';
    default:
      return 'No well-behaved plugin needs so much. Do not trust this one before you know why it does.';
  }
}
