/** What goes wrong in the broker, in either mode. */
import { BrokerError } from '../errors.ts';

export function brokerClosed(id: number | undefined, because: string): BrokerError {
  return new BrokerError('BROKER_CLOSED', `The broker is closed: ${because}`, { id });
}

export function notAnnounced(id: number, timeoutMs: number): BrokerError {
  return new BrokerError(
    'BROKER_NOT_ANNOUNCED',
    `Nothing was offered under id ${id} within ${timeoutMs} ms`,
    {
      id,
      hint: 'An offer can be dialled once, and the side that makes it must do so before the id is dialled.',
    },
  );
}
