/** Checks the options of `serve` before anything is done. */
import {
  anyOf,
  callback,
  checkShape,
  flag,
  listOf,
  longestTimerMs,
  objectWith,
  required,
  shapeOf,
  signal,
  that,
} from '../../settings/option-shape.ts';
import { servedService } from '../call-options.ts';
import { checkMaxMessageBytes } from '../limits.ts';
import {
  checkMagicCookie,
  checkProtocolVersions,
  magicCookie,
  maxMessageBytes,
  protocolVersions,
} from '../start-options.ts';
import type { ServeOptions, ServeTestOptions } from './options.ts';

/** A time up to the longest of a timer, or `Infinity` for none. */
const hostGoneMs = that(
  (value) => typeof value === 'number' && value >= 0 && (value === Infinity || value <= longestTimerMs),
  'must be a number of milliseconds from 0 up, or Infinity',
);

const options = required(
  shapeOf<ServeOptions>({
    handshake: required(magicCookie),
    protocolVersions,
    services: anyOf(callback, listOf(servedService)),
    register: callback,
    maxMessageBytes,
    logger: objectWith('trace', 'debug', 'info', 'warn', 'error', 'with'),
    onShutdown: callback,
    exit: flag,
    hostGoneMs,
    test: shapeOf<ServeTestOptions>({ onReady: required(callback), syncStdio: flag }),
    signal,
  }),
);

/** @throws InvalidOptionError */
export function checkServeOptions(given: ServeOptions): void {
  checkShape('serve', options, given);
  checkMagicCookie(given.handshake);
  checkProtocolVersions(given.protocolVersions ?? [1]);
  checkMaxMessageBytes(given.maxMessageBytes);
}
