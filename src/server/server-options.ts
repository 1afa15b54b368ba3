/** The options of `openServer`. */
import type { AbortOption } from '../abort.ts';
import {
  callback,
  filledText,
  listOf,
  required,
  shapeOf,
  signal,
  textThat,
  wholeNumber,
} from '../settings/option-shape.ts';
import { userPath } from '../settings/user-path.ts';
import type { AccessLogEntry } from './http/access-log.ts';
import { isLoopback, type ListenAddress } from './http/listeners.ts';
import { limitsCheck, type ServerLimits } from './http/limits.ts';

export interface HttpOptions {
  /** A loopback address to listen on beside the socket. Default: none. */
  readonly listen?: ListenAddress | undefined;
  readonly limits?: ServerLimits | undefined;
  /** Called for each request once it is answered. */
  readonly accessLog?: ((entry: AccessLogEntry) => void) | undefined;
  /** Called for what fails and is no fault of a caller's. Default: a warning of the process. */
  readonly onProblem?: ((problem: ServerProblem) => void) | undefined;
}

export interface ServerProblem {
  /** In words. */
  readonly what: string;
  readonly error: unknown;
}

export interface ServerOptions extends HttpOptions, AbortOption {
  /** Directory of the catalogs; the same as the host's. In it are the mounts, the tokens and the socket. */
  readonly directory: string;
  /** Ids of further users who may own the directory; the same as the host's. Default: none. */
  readonly trustedOwners?: readonly number[] | undefined;
  /** The file with the key of the storage. Default: `vault/key` in the directory. */
  readonly keyFile?: string | undefined;
}

const listenCheck = shapeOf<ListenAddress>({
  address: textThat(isLoopback, 'must be a loopback address: 127.0.0.1, ::1 or localhost'),
  port: wholeNumber(0, 65_535),
  tls: shapeOf<NonNullable<ListenAddress['tls']>>({ cert: required(filledText), key: required(filledText) }),
});

export const serverOptionsCheck = required(
  shapeOf<ServerOptions>({
    directory: required(userPath),
    trustedOwners: listOf(wholeNumber(0)),
    keyFile: userPath,
    listen: listenCheck,
    limits: limitsCheck,
    accessLog: callback,
    onProblem: callback,
    signal,
  }),
);
