import type { Call, EngineClient } from '../../client.ts';
import { EngineStreamError, RawStreamError } from '../../codec/raw-stream.ts';
import { EngineOperationError, EngineProtocolError } from '../../errors.ts';

/** Turns the failure of an output stream into the error to throw. */
export async function explainStreamError(client: EngineClient, call: Call, error: unknown): Promise<unknown> {
  const { method, path, signal } = call;
  const context = { method, path, socketPath: client.transport.socketPath, cause: error };
  if (error instanceof EngineStreamError) {
    return new EngineOperationError(`can't ${call.doing}: ${error.message}`, {
      ...context,
      engineMessage: error.message,
    });
  }
  if (error instanceof RawStreamError)
    return new EngineProtocolError(`can't ${call.doing}: ${error.message}`, context);
  return client.transport.explain(error, { method, target: path, signal });
}
