import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { textMap, textOrNothing } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { checkOptions, optionsOf, signalOption, text } from '../../settings/option-check.ts';
import { jsonValues } from '../read-progress.ts';
import type { TransportResponse } from '../transport/transport.ts';

/**
 * Filters for events. Values of one key are alternatives, several keys must all match. Containers and images are given
 * by id or name.
 */
export interface EventFilters {
  /** `container`, `image`, `volume`, `network`, `daemon`, ... */
  readonly type?: readonly string[] | undefined;
  /** `create`, `start`, `die`, `destroy`, `oom`, ... in Docker's words on both engines. */
  readonly event?: readonly string[] | undefined;
  readonly container?: readonly string[] | undefined;
  readonly image?: readonly string[] | undefined;
  /** `key` or `key=value`. */
  readonly label?: readonly string[] | undefined;
}

export interface EventsOptions extends CallOptions {
  /** Also reports what happened since then: a time, or the `position` of the last event seen, to go on after it. */
  readonly since?: Date | string | undefined;
  /** Ends the stream at that time. Default: never. */
  readonly until?: Date | undefined;
  readonly filters?: EventFilters | undefined;
}

/** Something that happened at the engine. It is a hint, not the truth: ask `inspect` for that. */
export interface EngineEvent {
  readonly type: string;
  /** In Docker's words on both engines: `create`, `start`, `die`, `destroy`, ... */
  readonly action: string;
  /** Id of the container, image, ... */
  readonly id: string;
  /** `name`, `image` and the labels; also `exitCode` for a container that died. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly time: Date;
  /** Value for `since`, which then goes on right after this event. */
  readonly position: string;
}

/** Events, which can be iterated over once. Ending the iteration early, or disposing, closes the connection. */
export interface EventStream extends AsyncIterable<EngineEvent>, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}

const texts = z.array(z.string()).optional();
const schema = optionsOf<EventsOptions>()({
  since: z
    .union([z.date(), text.regex(/^\d+\.\d{9}$/, 'must be a Date or the position of an event')])
    .optional(),
  until: z.date().optional(),
  filters: optionsOf<EventFilters>()({
    type: texts,
    event: texts,
    container: texts,
    image: texts,
    label: texts,
  }).optional(),
  signal: signalOption,
});

export const eventSchema = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: textOrNothing, Attributes: textMap }),
  timeNano: z.string(), // made a text while it is parsed, because it has more digits than a JavaScript number
});

/** See `System.events`. */
export async function followEvents(client: EngineClient, options: EventsOptions = {}): Promise<EventStream> {
  const { since, until, filters, signal } = checkOptions('system.events', schema, options);
  const isPast = client.isPodman && until !== undefined && (await comesSoon(until, signal));
  const call: Call = {
    doing: 'follow events',
    method: 'GET',
    path: '/events',
    query: {
      since:
        since instanceof Date
          ? unixSeconds(since)
          : since && secondsText(toNanoseconds(since) - roundingError),
      until: until && !isPast ? unixSeconds(until) : undefined,
      stream: isPast ? false : undefined,
      filters: filters && wireFilters(client, filters),
    },
    lasting: { headersMs: client.transport.limits.headersMs, bodyMs: 0 },
    signal,
  };
  const response = await client.open(call);
  const events = readEvents(client, call, response, {
    first: typeof since === 'string' ? toNanoseconds(since) : 0n,
    last: until && BigInt(until.getTime()) * 1_000_000n,
  });
  return {
    [Symbol.asyncIterator]: () => events,
    async [Symbol.asyncDispose]() {
      response.body.on('error', () => undefined).destroy();
      await events.return();
    },
  };
}

async function* readEvents(
  client: EngineClient,
  call: Call,
  response: TransportResponse,
  { first, last }: { first: bigint; last: bigint | undefined },
): AsyncGenerator<EngineEvent, void, undefined> {
  for await (const value of jsonValues(client, call, response, parseKeepingNanoseconds)) {
    const event = client.parse(eventSchema, value, call);
    const time = BigInt(event.timeNano);
    if (time >= first && (last === undefined || time <= last)) yield toEvent(event);
  }
}

/**
 * Waits for a time that is so near that it might have passed when Podman gets to it. For a time that has passed, Podman
 * reports nothing at all (seen with 4.3.1), so it is asked for all that there is instead.
 */
async function comesSoon(until: Date, signal: AbortSignal | undefined): Promise<boolean> {
  const ms = until.getTime() - Date.now();
  if (ms > 1000) return false;
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
  return true;
}

/**
 * Podman takes seconds as a floating-point number, so it is asked for a little more, and the excess is left out here.
 */
const roundingError = 1000n;

function toEvent({ Type, Action, Actor, timeNano }: z.infer<typeof eventSchema>): EngineEvent {
  const nanoseconds = BigInt(timeNano);
  const { containerExitCode } = Actor.Attributes;
  return {
    type: Type,
    action: Type === 'container' && Action === 'remove' ? 'destroy' : Action, // Podman's own word
    id: Actor.ID,
    // Podman names some attributes differently.
    attributes:
      containerExitCode === undefined
        ? Actor.Attributes
        : { exitCode: containerExitCode, ...Actor.Attributes },
    time: new Date(Number(nanoseconds / 1_000_000n)),
    position: secondsText(nanoseconds + 1n),
  };
}

/**
 * Parses a line and keeps all digits of its nanoseconds. A quote inside a text is escaped, so the pattern matches
 * outside of texts only.
 */
function parseKeepingNanoseconds(line: string): unknown {
  return JSON.parse(line.replace(/"timeNano":(\d+)/, '"timeNano":"$1"'));
}

function toNanoseconds(seconds: string): bigint {
  return BigInt(seconds.replace('.', '')); // nine digits behind the point
}

function secondsText(nanoseconds: bigint): string {
  const billion = 1_000_000_000n;
  return `${nanoseconds / billion}.${(nanoseconds % billion).toString().padStart(9, '0')}`;
}

function unixSeconds(date: Date): string {
  return (date.getTime() / 1000).toFixed(3);
}

function wireFilters(client: EngineClient, filters: EventFilters): object {
  if (!client.isPodman) return filters;
  return {
    ...filters,
    event: filters.event?.flatMap((name) => (name === 'destroy' ? ['destroy', 'remove'] : [name])),
  };
}
