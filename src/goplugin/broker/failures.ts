/** The failures of the broker, in either mode. */
import { BrokerError } from '../errors.ts';
import { limits } from '../limits.ts';

export function brokerClosed(id: number | undefined, because: string): BrokerError {
  return new BrokerError('BROKER_CLOSED', `The broker is closed: ${because}`, { id });
}

export function notAnnounced(id: number, timeoutMs: number): BrokerError {
  return new BrokerError(
    'BROKER_NOT_ANNOUNCED',
    `Nothing was offered under id ${id} within ${timeoutMs} ms`,
    {
      id,
      hint: 'An offer can be dialled once, and must be made before its id is dialled.',
    },
  );
}

export function addressTooLong(id: number): BrokerError {
  return new BrokerError(
    'BROKER_NOT_ANNOUNCED',
    `The other side announced id ${id} with an address beyond the limit announcedAddressBytes, which is ${limits.announcedAddressBytes.value}`,
    {
      id,
      hint: 'No socket has so long a path. Do not trust this plugin before you know why it announces one.',
    },
  );
}
