/** Handles signals for the command line. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { Context } from './command.ts';

const endings = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const;

export type Ending = (typeof endings)[number];

/**
 * Calls `end` at the first signal of each kind that asks the process to end. The second one of that kind ends the
 * process without cleaning up. A signal that was ignored when the process began, as under `nohup`, stays ignored.
 */
export function listenToSignals(end: (signal: Ending) => void): Pick<Context, 'onHangup'> {
  const ignored = ignoredSignals();
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let hangup: (() => void) | undefined;
  for (const signal of endings) {
    if (ignored.has(signal)) continue;
    const listener = (): void => {
      if (signal === 'SIGHUP' && !hasTerminal && hangup !== undefined) {
        hangup();
        return;
      }
      process.off(signal, listener);
      end(signal);
    };
    process.on(signal, listener);
  }
  return {
    onHangup(listener) {
      hangup = listener;
      return {
        [Symbol.dispose]() {
          hangup = undefined;
        },
      };
    },
  };
}

/** The signals that this process ignores. proc(5): `SigIgn` is a mask whose lowest bit is signal 1. */
function ignoredSignals(): Set<Ending> {
  let mask = 0n;
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  } catch {
    // There is no such file system: no signal is known to be ignored.
  }
  return new Set(endings.filter((signal) => (mask >> BigInt(constants.signals[signal] - 1)) & 1n));
}
