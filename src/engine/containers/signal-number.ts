import { constants } from 'node:os';
import { InvalidOptionError } from '../../errors.ts';

/** The first real-time signal that programs may use (signal(7), as glibc numbers them). */
const firstRealTimeSignal = 34;

/** `SIGTERM`, `TERM`, `SIGRTMIN+3` or `15` as a number. @throws InvalidOptionError */
export function signalNumber(option: string, name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const known = constants.signals as Readonly<Record<string, number>>;
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(full);
  const number = realTime ? firstRealTimeSignal + Number(realTime[1] ?? 0) : known[full];
  if (number !== undefined) return number;
  throw new InvalidOptionError(option, `there is no signal ${name}`);
}
