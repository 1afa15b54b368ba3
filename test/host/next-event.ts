import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HostEvents } from '../../src/index.ts';

/** Resolves with the first event of a channel that fits. Ask before what makes it happen. */
export function nextEvent<Name extends keyof HostEvents>(
  name: Name,
  fits: (event: HostEvents[Name]) => boolean = () => true,
): Promise<HostEvents[Name]> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      const event = message as HostEvents[Name];
      if (!fits(event)) return;
      unsubscribe(name, listener);
      resolve(event);
    };
    subscribe(name, listener);
  });
}
