/** Checks of the values of container settings. */
import type { TmpfsOptions, UlimitOptions } from './container-settings.ts';
import {
  anyOf,
  flag,
  listOf,
  oneOf,
  required,
  shapeOf,
  textThat,
  that,
  wholeNumber,
} from './option-shape.ts';

/** Text without control characters, which would reach logs and labels. */
export const settingText = textThat(
  (value) => value !== '' && !/\p{Cc}/u.test(value),
  'must be a text that is not empty, without control characters',
);

export const absolutePath = textThat(
  (value) => value.startsWith('/') && !/\p{Cc}/u.test(value),
  'must be an absolute path',
);

export const count = wholeNumber(0);

export const liftable = anyOf(
  count,
  that((value) => value === 'unlimited', 'must be a whole number that is not negative, or unlimited'),
);

export const capabilities = listOf(
  textThat(
    (value) => /^(?:CAP_)?[A-Z][A-Z_]*$/i.test(value) && !/^(?:CAP_)?ALL$/i.test(value),
    'must be a capability such as IPC_LOCK',
  ),
);

const tmpfsPath = textThat(
  (value) => value.startsWith('/') && !/[\p{Cc}:]/u.test(value),
  'must be an absolute path without a colon',
);

export const tmpfs = listOf(
  shapeOf<TmpfsOptions>({
    path: required(tmpfsPath),
    sizeBytes: liftable,
    mode: wholeNumber(0, 0o7777),
    exec: flag,
  }),
);

const ulimitNumber = required(
  that(
    (value) => Number.isSafeInteger(value) && (value as number) >= -1,
    'must be a whole number from -1 up',
  ),
);

export const ulimits = listOf(
  shapeOf<UlimitOptions>({
    name: required(textThat((value) => /^[a-z]+$/.test(value), 'must be a limit such as nofile')),
    soft: ulimitNumber,
    hard: ulimitNumber,
  }),
);

export const unconfined = oneOf('unconfined');
export { flag };
