import type { Call, EngineClient } from './client.ts';
import { JsonLines } from './codec/json-lines.ts';
import { parseProgressLine } from './codec/progress.ts';
import { EngineOperationError, EngineProtocolError } from './errors.ts';
import type { Progress } from './progress.ts';
import type { TransportResponse } from './transport/transport.ts';

export interface ProgressReport {
  /** All messages of the engine, in order; beyond a thousand, the earliest lines are dropped. */
  readonly messages: readonly string[];
  /** Results reported on the way, merged. */
  readonly result: Readonly<Record<string, unknown>>;
}

const mostMessages = 1000;

/**
 * Reads the answer of load, build or pull to its end.
 *
 * @throws EngineOperationError when the engine reports a failure inside it, though its status was 200
 */
export async function readProgress(
  client: EngineClient,
  call: Call,
  response: TransportResponse,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<ProgressReport> {
  const messages: string[] = [];
  let result: Record<string, unknown> = {};
  let failure: string | undefined;
  for await (const value of jsonValues(client, call, response)) {
    const line = parseProgressLine(value);
    if (line.kind === 'error') failure ??= line.message;
    else if (line.kind === 'result') result = { ...result, ...line.value };
    else {
      messages.push(line.progress.message);
      if (messages.length > mostMessages) messages.shift();
      onProgress?.(line.progress);
    }
  }
  if (failure === undefined) return { messages, result };
  throw new EngineOperationError(`can't ${call.doing}: ${failure}`, {
    status: response.status,
    method: call.method,
    path: call.path,
    engineMessage: failure,
    socketPath: client.transport.socketPath,
  });
}

/** Yields the JSON values of an answer that has one per line. Leaving the loop closes the connection. */
export async function* jsonValues(
  client: EngineClient,
  call: Call,
  response: TransportResponse,
  parse?: (line: string) => unknown,
): AsyncGenerator<unknown, void, undefined> {
  const lines = new JsonLines({ parse });
  try {
    for await (const piece of response.body as AsyncIterable<Uint8Array>) yield* lines.push(piece);
    yield* lines.end();
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw await client.transport.explain(error, {
        method: call.method,
        target: call.path,
        signal: call.signal,
      });
    }
    throw new EngineProtocolError(`can't ${call.doing}: the engine's answer has a line that is not JSON`, {
      cause: error,
      status: response.status,
      method: call.method,
      path: call.path,
      socketPath: client.transport.socketPath,
    });
  }
}
