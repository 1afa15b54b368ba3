/** What goes beyond a limit of this side, as a gRPC status that remembers which one it was. */
import { limits, type LimitName } from '../limits.ts';
import { StatusError } from './status.ts';

export class LimitExceeded extends StatusError {
  readonly limit: LimitName;

  /** @param what what was seen, for example `a message of 5 bytes` */
  constructor(limit: LimitName, what: string, allowed: number = limits[limit].value) {
    super('RESOURCE_EXHAUSTED', `${what}, and the limit ${limit} is ${allowed}`);
    this.limit = limit;
  }
}

/** What to do about it. */
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
