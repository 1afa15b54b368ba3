import type { Call, EngineClient } from './client.ts';
import type { TransportResponse } from './transport/transport.ts';

/**
 * Bytes from the engine, which can be iterated over once. Ending the iteration early, or disposing, closes the
 * connection.
 */
export interface ByteStream extends AsyncIterable<Uint8Array>, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}

/** Returns the body of an answer as a stream, which is read from the connection only as fast as it is consumed. */
export function byteStream(client: EngineClient, call: Call, response: TransportResponse): ByteStream {
  const bytes = readBytes(client, call, response);
  return {
    [Symbol.asyncIterator]: () => bytes,
    async [Symbol.asyncDispose]() {
      response.body.on('error', () => undefined).destroy();
      await bytes.return();
    },
  };
}

async function* readBytes(
  client: EngineClient,
  call: Call,
  { body }: TransportResponse,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw await client.transport.explain(error, {
      method: call.method,
      target: call.path,
      signal: call.signal,
    });
  }
}
