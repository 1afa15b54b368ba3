/**
 * The messages that a host and commands exchange over a socket in the host's directory: one request as a line of JSON,
 * then lines of answers until the end.
 */
import { z } from 'zod';
import type { InstanceSnapshot } from '../instances/instance-state.ts';
import type { PluginLogLine } from '../instances/plugin-log.ts';

const text = z.string().max(4096);

/** What every request but the one for the state may ask for. */
const answering = {
  /** Asks for the answer `done` after the last one, which tells an end from a host that was lost. */
  done: z.boolean().optional(),
  /** Asks for the answer `alive` again and again while nothing else is to be told, which tells a wait from a host that stands still. */
  beats: z.boolean().optional(),
};

export const requestSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('state') }),
  z.strictObject({
    op: z.literal('reload'),
    type: text.optional(),
    name: text.optional(),
    version: text.optional(),
    mounts: z.array(text).optional(),
    override: z.literal('unknown').optional(),
    ...answering,
  }),
  z.strictObject({
    op: z.literal('logs'),
    instance: text,
    follow: z.boolean(),
    ...answering,
  }),
  z.strictObject({
    op: z.literal('call'),
    type: text,
    name: text,
    version: text.optional(),
    path: text,
    json: z.string(),
    timeoutMs: z.number().int().positive().optional(),
    ...answering,
  }),
]);

export type ControlRequest = z.infer<typeof requestSchema>;

/** Longest request in bytes. Most requests are small, but a call may carry a large message. */
export const longestRequest = 16 * 1024 * 1024;

/** A host and what it runs. Dates are strings. */
export interface HostState {
  readonly pid: number;
  readonly hostId: string;
  readonly instances: readonly AsJson<InstanceSnapshot>[];
  readonly mounts: readonly MountState[];
}

export interface MountState {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly instance: string;
  readonly calls: number;
}

/** A value after it was written and read as JSON. */
export type AsJson<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? readonly AsJson<E>[]
    : T extends object
      ? { readonly [K in keyof T]: AsJson<T[K]> }
      : T;

export type ControlAnswer =
  | { readonly state: HostState }
  /** How many mounts moved. */
  | { readonly reloaded: number }
  | { readonly line: AsJson<PluginLogLine> }
  /** Number of lines that were left out because the other side read too slowly. */
  | { readonly leftOut: number }
  | { readonly reply: unknown; readonly streamed: boolean }
  /** The host does not have what the request names. */
  | { readonly absent: true }
  /** Everything was answered. */
  | { readonly done: true }
  /** The host is at work on the request. */
  | { readonly alive: true }
  | {
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
    };

const texts = { id: z.string(), type: z.string(), name: z.string(), version: z.string() };

/** The form of an answer, as far as commands rely on it: what listens on a socket may be anything. */
export const answerSchema = z.union([
  z.strictObject({
    state: z.looseObject({
      pid: z.number(),
      hostId: z.string(),
      instances: z.array(
        z.looseObject({
          ...texts,
          state: z.looseObject({ name: z.string() }),
          restarts: z.number(),
          mounts: z.array(z.unknown()),
        }),
      ),
      mounts: z.array(z.looseObject({ ...texts, instance: z.string() })),
    }),
  }),
  z.strictObject({ reloaded: z.number() }),
  z.strictObject({ line: z.looseObject({ at: z.string(), level: z.string(), text: z.string() }) }),
  z.strictObject({ leftOut: z.number() }),
  z.strictObject({ reply: z.unknown(), streamed: z.boolean() }),
  z.strictObject({ absent: z.literal(true) }),
  z.strictObject({ done: z.literal(true) }),
  z.strictObject({ alive: z.literal(true) }),
  z.strictObject({
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
  }),
]);

/** Name of the folder, below a directory, with the sockets of its hosts. */
export const hostsFolder = 'hosts';
