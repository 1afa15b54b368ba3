/** Checks what `startPlugin` was given, before anything is done. */
import { InvalidOptionError } from '../errors.ts';
import { checkMaxMessageBytes } from './limits.ts';
import type { MagicCookie, StartPluginOptions } from './plugin.ts';

export interface StartSettings extends StartPluginOptions {
  readonly maxMessageBytes: number;
  readonly autoMtls: boolean;
  readonly brokerMultiplex: boolean;
  readonly startTimeoutMs: number;
}

/** go-plugin: client.go, NewClient */
export const defaultStartTimeoutMs = 60_000;
/** The longest that a Node timer can be set to. */
const longestTimerMs = 2_147_483_647;

/** @throws InvalidOptionError */
export function checkStartOptions(options: StartPluginOptions): StartSettings {
  const { autoMtls = true, brokerMultiplex = false, startTimeoutMs = defaultStartTimeoutMs } = options;
  if (typeof options.createRunner !== 'function') {
    throw new InvalidOptionError('createRunner', 'must be a function that makes a runner', {
      hint: 'For a program on this machine: `createRunner: subprocessRunner({ command: "/path/of/the/plugin" })`.',
    });
  }
  checkMagicCookie(options.handshake);
  checkProtocolVersions(options.protocolVersions);
  checkTimeLimit(startTimeoutMs);
  const maxMessageBytes = checkMaxMessageBytes(options.maxMessageBytes);
  return { ...options, autoMtls, brokerMultiplex, startTimeoutMs, maxMessageBytes };
}

/** @throws InvalidOptionError */
export function checkTimeLimit(startTimeoutMs: number | undefined): void {
  if (startTimeoutMs === undefined || (startTimeoutMs > 0 && startTimeoutMs <= longestTimerMs)) return;
  throw new InvalidOptionError(
    'startTimeoutMs',
    `${String(startTimeoutMs)} is not a number of milliseconds from 1 to ${longestTimerMs}`,
  );
}

/** @throws InvalidOptionError. The value itself is never repeated. */
export function checkMagicCookie({ magicCookieKey, magicCookieValue }: MagicCookie): void {
  if (!/^[^=\0]+$/.test(magicCookieKey)) {
    throw new InvalidOptionError('handshake.magicCookieKey', 'must be the name of an environment variable');
  }
  if (magicCookieValue === '' || magicCookieValue.includes('\0')) {
    throw new InvalidOptionError('handshake.magicCookieValue', 'must be a string that is not empty', {
      hint: 'Host and plugin must have the same one; Go plugins refuse to run with an empty one.',
    });
  }
}

/** @throws InvalidOptionError */
export function checkProtocolVersions(versions: readonly number[]): void {
  const wrong = versions.find(
    (version) => !Number.isSafeInteger(version) || version < 0 || version > 999_999_999,
  );
  if (versions.length === 0 || wrong !== undefined) {
    throw new InvalidOptionError(
      'protocolVersions',
      wrong === undefined ? 'is empty' : `${String(wrong)} is not a whole number from 0 up`,
      { hint: 'List the versions of the application protocol, for example `[1]`.' },
    );
  }
}
