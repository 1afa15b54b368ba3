import { describeRefusedVersion } from './api-version.ts';
import { parseErrorBody, type ErrorBody } from './codec/error-body.ts';
import {
  BadRequestError,
  ConflictError,
  EngineOperationError,
  EngineVersionError,
  NotFoundError,
  UnauthorizedError,
  UnsupportedByEngineError,
  type EngineError,
  type EngineErrorOptions,
} from './errors.ts';

type EngineErrorClass = new (message: string, options?: EngineErrorOptions) => EngineError;

/**
 * Podman answers 500 to most mistakes for which Docker has a status of its own, but its innermost cause is a fixed text
 * that tells more than the status. The texts are from podman `libpod/define/errors.go` and containers/storage
 * `errors.go`.
 */
const podmanCauses: readonly (readonly [RegExp, EngineErrorClass])[] = [
  [/^(no such (container|image|network|volume|pod)|image not known|network not found)$/, NotFoundError],
  [/(no such container|image not known|layer not known|unable to find network)/, NotFoundError],
  [/that name is already in use|already (exists|in use)/, ConflictError],
  [
    /container state improper|can only be used on running containers|image is in use by a container|image used by/,
    ConflictError,
  ],
  [/^invalid (argument|log driver)|unknown capability|invalid capability/, BadRequestError],
  // Attach sets the container up, and Podman answers 409 when the runtime fails to do so.
  [/^OCI (permission denied|runtime)/, EngineOperationError],
];

/** Builds the error for an answer that the call does not accept. `doing` reads like `inspect container web`. */
export function errorFromAnswer(
  status: number,
  text: string,
  context: {
    doing: string;
    method: string;
    path: string;
    socketPath: string;
    hints?: Readonly<Record<string, string>> | undefined;
    /** The API version of the request, and whether the environment fixed it. */
    spoken?: { readonly apiVersion: string; readonly fixed: boolean } | undefined;
  },
): EngineError {
  const body = parseErrorBody(text);
  const errorClass = classFor(status, body);
  const options = {
    status,
    method: context.method,
    path: context.path,
    socketPath: context.socketPath,
    engineMessage: body.message,
    ...(body.cause !== undefined && { cause: body.cause }),
  };
  const { spoken } = context;
  const version =
    status === 400 && spoken !== undefined ? describeRefusedVersion(body.message, spoken) : undefined;
  if (version !== undefined) {
    return new EngineVersionError(
      `can't ${context.doing}: the engine on ${context.socketPath} does not take this API version: ${version.says}`,
      { ...options, hint: version.hint },
    );
  }
  const message = `can't ${context.doing}: ${body.message} (status ${status})`;
  const error = new errorClass(message, options);
  const hint = context.hints?.[error.code];
  return hint === undefined ? error : new errorClass(message, { ...options, hint });
}

function classFor(status: number, body: ErrorBody): EngineErrorClass {
  const known =
    body.cause === undefined ? undefined : podmanCauses.find(([text]) => text.test(body.cause ?? ''));
  if (known !== undefined) return known[1];
  if (status === 400 && /client version .* is too (new|old)/.test(body.message)) return EngineVersionError;
  switch (status) {
    case 400:
      return BadRequestError;
    case 401:
    case 403:
      return UnauthorizedError;
    case 404:
      return NotFoundError;
    case 405:
    case 501:
      return UnsupportedByEngineError;
    case 409:
      return ConflictError;
  }
  return EngineOperationError;
}
