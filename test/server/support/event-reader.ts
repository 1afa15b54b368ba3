/** Reads a stream of server-sent events, as slowly as a test likes. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

export interface SeenEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventReader extends AsyncDisposable {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The next event with this name; those before it are skipped. @throws when the stream ends without it */
  next(name: string): Promise<SeenEvent>;
  /** Every event until the stream ends. */
  rest(): Promise<SeenEvent[]>;
  /** The connection, for what a reader does to it. */
  readonly response: IncomingMessage;
}

/** @param at path of the socket */
export async function openEvents(at: string, path: string, token: string): Promise<EventReader> {
  const asked = request({ socketPath: at, path, agent: false, headers: { 'X-Vault-Token': token } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const events = decoded(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    response,
    async next(name) {
      for (;;) {
        const step = await events.next();
        if (step.done === true) throw new Error(`the stream ended before there was ${name}`);
        if (step.value.name === name) return step.value;
      }
    },
    async rest() {
      const seen: SeenEvent[] = [];
      for await (const event of events) seen.push(event);
      return seen;
    },
    [Symbol.asyncDispose]() {
      response.destroy();
      return Promise.resolve();
    },
  };
}

async function* decoded(response: IncomingMessage): AsyncGenerator<SeenEvent> {
  let held = '';
  response.setEncoding('utf8');
  for await (const piece of response as AsyncIterable<string>) {
    const blocks = (held + piece).split('\n\n');
    held = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
      if (name !== undefined && data !== undefined)
        yield { name, data: JSON.parse(data) as SeenEvent['data'] };
    }
  }
}
