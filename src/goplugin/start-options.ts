/** Checks the options of `startPlugin` before anything is done. */
import { InvalidOptionError } from '../errors.ts';
import {
  allOf,
  anyOf,
  callback,
  checkShape,
  fieldsOf,
  filledText,
  flag,
  listOf,
  oneOf,
  required,
  shapeOf,
  signal,
  text,
  textThat,
  that,
  timeLimit,
  wholeNumber,
  type Check,
  type Shape,
} from '../settings/option-shape.ts';
import { checkMaxMessageBytes } from './limits.ts';
import type { MagicCookie, StartPluginOptions } from './plugin.ts';

/**
 * Checks only the types; `checkMagicCookie` checks the texts. A kind of plugin, which has more fields, may stand for
 * its cookie.
 */
export const magicCookie = fieldsOf<MagicCookie>({
  magicCookieKey: required(text),
  magicCookieValue: required(text),
});

/** Checks everything about a magic cookie. */
export const magicCookieChecks = shapeOf<MagicCookie>({
  magicCookieKey: required(
    textThat((value) => /^[^=]+$/.test(value), 'must be the name of an environment variable'),
  ),
  magicCookieValue: required(filledText),
});
/** Checks everything about versions. */
export const protocolVersionChecks = allOf(
  listOf(wholeNumber(0, 999_999_999)),
  that((value) => (value as readonly number[]).length > 0, 'is empty'),
);

const aNumber = that((value) => typeof value === 'number', 'must be a number');
/** Checks only the types; `checkProtocolVersions` checks the numbers. */
export const protocolVersions = listOf(aNumber);
/** Checks only the type; `checkMaxMessageBytes` checks the number. */
export const maxMessageBytes = anyOf(oneOf('unlimited'), aNumber);

/** Checks of the options that a plugin has however it is run. */
export const pluginOptionChecks: Shape<Omit<StartPluginOptions, 'createRunner'>> = {
  handshake: required(magicCookie),
  protocolVersions: required(protocolVersions),
  autoMtls: flag,
  brokerMultiplex: flag,
  maxMessageBytes,
  startTimeoutMs: timeLimit,
  signal,
  onLog: callback,
  onOutput: callback,
  onOutputGap: callback,
};

export interface StartSettings extends StartPluginOptions {
  readonly maxMessageBytes: number;
  readonly autoMtls: boolean;
  readonly brokerMultiplex: boolean;
  readonly startTimeoutMs: number;
}

/** go-plugin: client.go, NewClient */
export const defaultStartTimeoutMs = 60_000;

const anything: Check = () => undefined;

const startOptions = required(
  shapeOf<StartPluginOptions>({
    ...pluginOptionChecks,
    createRunner: anything, // checked below, where the message can say more
  }),
);

/** @throws InvalidOptionError */
export function checkStartOptions(options: StartPluginOptions): StartSettings {
  checkShape('startPlugin', startOptions, options);
  const { autoMtls = true, brokerMultiplex = false, startTimeoutMs = defaultStartTimeoutMs } = options;
  if (typeof options.createRunner !== 'function') {
    throw new InvalidOptionError('createRunner', 'must be a function that makes a runner', {
      hint: 'For a program on this machine: `createRunner: subprocessRunner({ command: "/path/of/the/plugin" })`.',
    });
  }
  checkMagicCookie(options.handshake);
  checkProtocolVersions(options.protocolVersions);
  const maxMessageBytes = checkMaxMessageBytes(options.maxMessageBytes);
  return { ...options, autoMtls, brokerMultiplex, startTimeoutMs, maxMessageBytes };
}

/** @throws InvalidOptionError, which never repeats the value. */
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
