/** Decodes the replies of a call. One that is not a message of the method ends the call. */
import { messageOf } from '../../../thrown-value.ts';
import type { MethodShape } from '../../service.ts';
import { failure, failureOf } from './call-end.ts';
import type { Http2Call } from './http2-call.ts';
import { LimitExceeded } from '../limit-error.ts';

export function decodeReply(
  call: Http2Call,
  method: Pick<MethodShape, 'responseDeserialize'>,
  bytes: Buffer,
): { readonly value: unknown } | undefined {
  try {
    return { value: method.responseDeserialize(bytes) };
  } catch (error) {
    call.fail(
      error instanceof LimitExceeded
        ? failureOf(error)
        : failure('INTERNAL', `Response message parsing error: ${messageOf(error)}`),
    );
    return undefined;
  }
}
