/** The errors of a call that waits for an instance in which no plugin serves. */
import { BulkheadError } from '../../errors.ts';
import type { InstanceState } from './instance-state.ts';

/** Returns why waiting is in vain; `undefined` while a plugin may still come. */
export function whyHopeless(state: InstanceState, title: string): Error | undefined {
  if (state.name === 'failed') return state.error;
  if (state.name !== 'stopped' && state.name !== 'draining') return undefined;
  return new BulkheadError('INSTANCE_STOPPED', `the instance of ${title} was stopped`);
}

export function notReady(
  code: 'PLUGIN_CALL_TIMEOUT' | 'INSTANCE_NOT_READY',
  state: InstanceState,
  title: string,
  waitedMs: number,
): BulkheadError {
  const why = 'reason' in state ? `: ${state.reason}` : '';
  return new BulkheadError(
    code,
    `${title} was not ready within ${Math.round(waitedMs)} ms: it is ${state.name}${why}`,
  );
}
