import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HostEvents } from '../../host/index.ts';
import { optionalChoice } from '../flags.ts';
import { plainText } from '../output/plain-text.ts';
import type { Terminal } from '../output/terminal.ts';

/** The override of commands that launch what is registered, or register it. */
export const unknownOverrideFlag = optionalChoice(
  ['unknown'],
  'launch although it could not be found out whether it works; what is known not to work is refused all the same',
);

/** Tells of each launch that an override has let through, until it is disposed of. */
export function tellOverrides(terminal: Terminal): Disposable {
  const tell = (message: unknown): void => {
    const { override, reasons } = message as HostEvents['bulkhead:override'];
    const seen = reasons.map(({ rule, observed }) => `${rule}: ${observed}`).join('; ');
    terminal.err(plainText(`It is launched all the same, because of the override ${override}: ${seen}`));
  };
  subscribe('bulkhead:override', tell);
  return { [Symbol.dispose]: () => void unsubscribe('bulkhead:override', tell) };
}
