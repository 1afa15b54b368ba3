import type { Call, EngineClient } from './client.ts';
import type { TransportResponse } from './transport/transport.ts';

/** Bytes from the engine, to be iterated over once. Ending the iteration early, or disposing, closes the connection. */
export interface ByteStream extends AsyncIterable<Uint8Array>, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}

/** The body of an answer as it comes; it is read no faster than it is taken. */
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
