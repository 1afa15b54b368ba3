import { BulkheadError } from '../../errors.ts';
import {
  EngineClosedError,
  EngineGoneError,
  EngineProtocolError,
  EngineTimeoutError,
  EngineUnreachableError,
} from '../errors.ts';
import { describeSocketProblem } from './socket-problem.ts';

/**
 * Turns an error of undici, of node:http or of the socket into ours. Any other error, such as a failure of the caller's
 * own stream, is returned as it is.
 */
export async function describeFailure(
  error: unknown,
  request: { method: string; target: string; socketPath: string },
): Promise<unknown> {
  if (error instanceof BulkheadError) return error;
  const { method, socketPath } = request;
  const path = request.target.split('?', 1)[0] ?? '';
  const context = { cause: error, method, path, socketPath };
  const call = `${method} ${path}`;
  const { code, syscall } = error as { code?: string; syscall?: string };

  if (syscall === 'connect') {
    const { code: ourCode, message, hint } = await describeSocketProblem(socketPath, code);
    return new EngineUnreachableError(ourCode, message, { ...context, hint });
  }
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new EngineTimeoutError(`${socketPath} did not accept the connection in time`, {
        ...context,
        hint: 'The engine is overloaded or stopped: look at its log.',
      });
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new EngineTimeoutError(`${call}: the engine did not answer in time`, context);
    case 'UND_ERR_BODY_TIMEOUT':
      return new EngineTimeoutError(`${call}: the engine stopped in the middle of its answer`, context);
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_ABORTED':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new EngineGoneError(
        `${call}: the engine ended the connection before its answer was complete`,
        context,
      );
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return new EngineClosedError(`${call}: the engine was closed on this side`, context);
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return new EngineProtocolError(
        `${call}: the answer is not valid HTTP: ${(error as Error).message}`,
        context,
      );
    default:
      // llhttp's own codes, as node:http gives them. undici names its error so, and leaves the code out in places.
      if (code?.startsWith('HPE_') === true || (error as Error).name === 'HTTPParserError') {
        return new EngineProtocolError(
          `${call}: the answer is not valid HTTP: ${(error as Error).message}`,
          context,
        );
      }
      return error;
  }
}
