/**
 * What `bulkhead run` and other commands say to each other over a socket in the host's directory: one request, a line of
 * JSON, then lines of answers until the end.
 */
import { z } from 'zod';
import type { InstanceSnapshot, PluginLogLine } from '../../host/index.ts';

const text = z.string().max(4096);

export const requestSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('state') }),
  z.strictObject({
    op: z.literal('reload'),
    type: text.optional(),
    name: text.optional(),
    version: text.optional(),
    mounts: z.array(text).optional(),
  }),
  z.strictObject({ op: z.literal('logs'), instance: text, follow: z.boolean() }),
  z.strictObject({
    op: z.literal('call'),
    type: text,
    name: text,
    version: text.optional(),
    path: text,
    json: z.string(),
    timeoutMs: z.number().int().positive().optional(),
  }),
]);

export type ControlRequest = z.infer<typeof requestSchema>;

/** A request is a small thing; a call may bring more. */
export const longestRequest = 16 * 1024 * 1024;

/** What a host is, and what it runs. Dates are texts. */
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

/** A value after a way through JSON. */
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
  /** So many lines were left out, because the other side was too slow to read them. */
  | { readonly leftOut: number }
  | { readonly reply: unknown; readonly streamed: boolean }
  /** The host does not have what the request names. */
  | { readonly absent: true }
  | {
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
    };

/** Where the sockets of the hosts of a directory are. */
export const hostsFolder = 'hosts';
