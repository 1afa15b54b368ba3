/** What a failed gRPC call means to the caller. */
import { PluginCallError, type PluginErrorOptions } from '../errors.ts';
import type { CallFailure } from './client/call-end.ts';
import { limitHint } from './limit-error.ts';
import { statusName } from './status.ts';

/** Makes the error for a call that the other side, `options.plugin`, answered with a failure. */
export function callError(
  failure: CallFailure,
  method: string,
  options: Omit<PluginErrorOptions, 'phase' | 'cause'>,
): PluginCallError {
  const status = statusName(failure.code);
  const timedOut = status === 'DEADLINE_EXCEEDED';
  const limited = failure.limit !== undefined;
  return new PluginCallError(
    limited ? 'PLUGIN_LIMIT' : timedOut ? 'PLUGIN_CALL_TIMEOUT' : 'PLUGIN_CALL_FAILED',
    timedOut
      ? `${options.plugin} did not answer ${method} before the deadline`
      : limited
        ? `The call ${method} of ${options.plugin} was ended: ${failure.details}`
        : `${options.plugin} answered ${method} with ${status}: ${failure.details}`,
    {
      ...options,
      phase: 'call',
      hint: limitHint(failure.limit) ?? hintFor(status, failure.details) ?? options.hint,
      method,
      status,
      details: failure.details,
      metadata: failure.metadata,
    },
  );
}

/** Whether the failure's status is one that a lost connection can cause. */
export function mayBeLoss(failure: CallFailure): boolean {
  return ['UNAVAILABLE', 'INTERNAL', 'CANCELLED', 'UNKNOWN'].includes(statusName(failure.code));
}

/**
 * Returns `no` when the call was never given to a connection, or the other side refused its stream unread (HTTP/2:
 * REFUSED_STREAM): the channel marks such a failure (http2-call.ts).
 */
export function reached(failure: CallFailure): 'no' | undefined {
  return failure.progress === 'NOT_STARTED' ? 'no' : undefined;
}

function hintFor(status: string, details: string): string | undefined {
  if (status === 'UNIMPLEMENTED') {
    return 'The plugin does not have this method: compare its .proto file with the one in use, and the negotiated protocol version.';
  }
  if (status === 'RESOURCE_EXHAUSTED' && details.includes('larger than max')) {
    return "Go plugins take messages of up to 4 MiB unless their author raises the limit of the plugin's gRPC server.";
  }
  // go-plugin before 1.4.4 checks the host's certificate for a name that it never has.
  if (details.includes('valid for localhost, not unused')) {
    return "Plugins built with go-plugin before 1.4.4 can't call back under AutoMTLS: rebuild the plugin, or start it with `autoMtls: false`.";
  }
  return undefined;
}
