/**
 * Every limit on what the other side of a connection can cause, as data that the code, the table in the README and the
 * tests all read. No honest plugin of HashiCorp's reaches one of them; where a host may, there is an option.
 */
import { InvalidOptionError } from '../errors.ts';
import { brokerService, controllerService, healthService, stdioService } from './wire/services.ts';

export interface ResourceLimit {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'number';
  /** What is limited. */
  readonly what: string;
  /** What happens beyond it. */
  readonly beyond: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  maxMessageBytes: {
    value: 65 * MiB,
    unit: 'bytes',
    what: 'a message of the application, in either direction of a call (64 MiB of data and what names them); the option `maxMessageBytes`',
    beyond: 'the call fails with RESOURCE_EXHAUSTED, at this side with the code PLUGIN_LIMIT',
  },
  brokerMessageBytes: {
    value: 64 * KiB,
    unit: 'bytes',
    what: "a message on the broker's stream",
    beyond: 'the stream ends, and with it the broker',
  },
  stdioMessageBytes: {
    value: 1 * MiB,
    unit: 'bytes',
    what: 'a message of prints',
    beyond: 'the stream of prints ends; a log entry says so',
  },
  healthMessageBytes: {
    value: 64 * KiB,
    unit: 'bytes',
    what: "an answer or a question of gRPC's health service",
    beyond: 'the call fails with the code PLUGIN_LIMIT',
  },
  controllerMessageBytes: {
    value: 64 * KiB,
    unit: 'bytes',
    what: 'the answer to the request to shut down',
    beyond: 'the request counts as heard',
  },
  fieldsOfMessage: {
    value: 2 * MiB,
    unit: 'number',
    what: 'fields at the top of one message: each may become an object when it is decoded',
    beyond: 'the call fails with the code PLUGIN_LIMIT',
  },
  valuesOfMessage: {
    value: MiB,
    unit: 'number',
    what: 'values, lengths and numbers of fields at all depths of one message, where its definition is from `loadProto` or reflection: each may become an object when it is decoded; divided by the number of times that the widest message has 16 fields; the option `maxValues` of `loadProto`',
    beyond: 'the call fails with the code PLUGIN_LIMIT; as a request of the plugin, with INTERNAL',
  },
  heldMessages: {
    value: 4,
    unit: 'number',
    what: 'messages of the longest length whose bytes all calls of a connection may hold together, of answers that have not arrived whole; at servers for one plugin also of requests until their calls are over, and of answers that are not read',
    beyond: 'the call that needs more fails with the code PLUGIN_LIMIT',
  },
  callsInProgress: {
    value: 16 * KiB,
    unit: 'number',
    what: 'calls of this side on one connection, which a plugin that answers none lets pile up',
    beyond: 'a further call fails with the code PLUGIN_LIMIT, unsent',
  },
  streamWindowBytes: {
    value: 256 * KiB,
    unit: 'bytes',
    what: 'what is under way in one call, or waits for its reader',
    beyond: 'the sender waits (HTTP/2 flow control)',
  },
  headerBytes: {
    value: 64 * KiB,
    unit: 'bytes',
    what: 'headers or trailers of a call together: metadata, status, the text of the status',
    beyond: 'the call is reset',
  },
  headerFields: {
    value: 128,
    unit: 'number',
    what: 'headers or trailers of a call',
    beyond: 'the call is reset',
  },
  settingsEntries: {
    value: 32,
    unit: 'number',
    what: 'entries of one SETTINGS frame',
    beyond: 'the connection is closed',
  },
  invalidFrames: {
    value: 100,
    unit: 'number',
    what: 'invalid HTTP/2 frames on one connection',
    beyond: 'the connection is closed',
  },
  idleFrames: {
    value: 1_000,
    unit: 'number',
    what: 'HTTP/2 frames on one connection that move nothing (pings, settings, priorities, empty data, resets), and as many more each second; frames with headers or data of calls allow four more',
    beyond: 'the connection is closed',
  },
  unreadAnswers: {
    value: 4 * KiB,
    unit: 'number',
    what: 'answers to HTTP/2 frames (acknowledgements, window updates, resets) that wait for the other side to read them',
    beyond: 'the connection is closed',
  },
  servedConnections: {
    value: 64,
    unit: 'number',
    what: 'connections to one brokered server',
    beyond: 'a further connection is closed at once',
  },
  servedConnectionsTotal: {
    value: 512,
    unit: 'number',
    what: 'connections to all brokered servers for one plugin together',
    beyond: 'a further connection is closed at once',
  },
  servedCallsOfConnection: {
    value: 1024,
    unit: 'number',
    what: 'calls in progress on one connection to a server of this side',
    beyond: 'the caller waits (HTTP/2: SETTINGS_MAX_CONCURRENT_STREAMS), or its call is refused',
  },
  servedCalls: {
    value: 4096,
    unit: 'number',
    what: 'calls at all servers for one plugin together: in progress, or answered and not read',
    beyond: 'a further call is refused (HTTP/2: REFUSED_STREAM), or answered with RESOURCE_EXHAUSTED',
  },
  tlsHandshakeMs: {
    value: 10_000,
    unit: 'ms',
    what: 'the TLS handshake of a connection to a server of this side',
    beyond: 'the connection is closed',
  },
  announcements: {
    value: 1024,
    unit: 'number',
    what: 'announcements of the broker that nobody has dialled yet',
    beyond: 'the oldest is forgotten',
  },
  announcedAddressBytes: {
    value: 4 * KiB,
    unit: 'bytes',
    what: 'network and address of one announcement',
    beyond: 'dialling that id fails with BROKER_NOT_ANNOUNCED',
  },
  waitingKnocks: {
    value: 1024,
    unit: 'number',
    what: 'knocks that wait for their service or their turn, when multiplexing',
    beyond: 'a further knock is turned away',
  },
  brokerAnswers: {
    value: 64,
    unit: 'number',
    what: "messages of the broker that wait for the other side's reading",
    beyond: "the other side's messages are not read until they have gone",
  },
  brokerBacklog: {
    value: 4 * KiB,
    unit: 'number',
    what: 'messages of the broker that wait for the other side, those that this side makes by itself among them',
    beyond: 'the broker is closed',
  },
  streamsOfConnection: {
    value: 1024,
    unit: 'number',
    what: 'streams that the other side may have open at a time, when multiplexing',
    beyond: 'a further stream is reset',
  },
  lingeringStreams: {
    value: 256,
    unit: 'number',
    what: 'streams that have ended here and not there, when multiplexing',
    beyond: 'the oldest is reset',
  },
  multiplexedAnswers: {
    value: 16 * KiB,
    unit: 'number',
    what: 'frames without data that wait for the other side to read them, when multiplexing',
    beyond: 'the connection is closed with MULTIPLEXING_PROTOCOL',
  },
  heldPrintBytes: {
    value: 1 * MiB,
    unit: 'bytes',
    what: "a plugin's prints that its host has not read, with 64 bytes for each write",
    beyond: 'prints are dropped, counted and reported',
  },
} as const satisfies Readonly<Record<string, ResourceLimit>>;

export type LimitName = keyof typeof limits;

/** The longest application message, in bytes, when its limit is lifted (go-plugin: dialGRPCConn). */
export const longestMessage = 0x7fff_ffff;

/** The longest message of a method, and the name of that limit. */
export interface MessageLimit {
  readonly name: LimitName;
  readonly bytes: number;
}

const ofMethod: ReadonlyMap<string, LimitName> = new Map<string, LimitName>([
  [brokerService.StartStream.path, 'brokerMessageBytes'],
  [stdioService.StreamStdio.path, 'stdioMessageBytes'],
  [healthService.Check.path, 'healthMessageBytes'],
  [controllerService.Shutdown.path, 'controllerMessageBytes'],
]);

/** @param path `/package.Service/Method` */
export function messageLimit(path: string, maxMessageBytes: number): MessageLimit {
  const name = ofMethod.get(path);
  return name ? { name, bytes: limits[name].value } : { name: 'maxMessageBytes', bytes: maxMessageBytes };
}

/** The option `maxMessageBytes` of hosts and plugins. */
export type MaxMessageBytes = number | 'unlimited';

/** @throws InvalidOptionError */
export function checkMaxMessageBytes(given: MaxMessageBytes | undefined): number {
  if (given === undefined) return limits.maxMessageBytes.value;
  if (given === 'unlimited') return longestMessage;
  if (Number.isSafeInteger(given) && given >= 1 && given <= longestMessage) return given;
  throw new InvalidOptionError(
    'maxMessageBytes',
    `${JSON.stringify(given)} is not a whole number of bytes from 1 to ${longestMessage}`,
    { hint: "Pass 'unlimited' for no limit, as hosts in Go have it." },
  );
}
