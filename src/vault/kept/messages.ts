/**
 * The messages between a command and the process that serves the mounts of a directory, over a socket in it: one request
 * as a line of JSON, then one answer as a line, before which there is a sign of life every second. Whole numbers of any length survive.
 */
import { z } from 'zod';
import type { KeptAnswer, KeptRequest } from './mounts.ts';
import type { KeptMount, WantedMount } from './mount-table.ts';

export type MountsRequest =
  | { readonly op: 'mounts' }
  | { readonly op: 'enable'; readonly mount: WantedMount }
  | { readonly op: 'disable'; readonly path: string; readonly force: boolean }
  | { readonly op: 'request'; readonly request: KeptRequest };

export type MountsAnswer =
  /** Whoever serves the mounts is at work on the request. */
  | { readonly alive: true }
  | { readonly mounts: readonly KeptMount[]; readonly pid: number }
  | { readonly enabled: KeptMount }
  | { readonly disabled: boolean }
  | { readonly answer: KeptAnswer | null }
  | {
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
    };

/** Longest request in bytes: a plugin may be given 32 MiB, which are more as base64 in JSON. */
export const longestMountsRequest = 64 * 1024 * 1024;

const text = z.string();
const path = z
  .string()
  .min(1)
  .max(32 * 1024);
const texts = z.record(text, text);

export const mountsRequestSchema: z.ZodType<MountsRequest> = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('mounts') }),
  z.strictObject({
    op: z.literal('enable'),
    mount: z.strictObject({
      path,
      type: z.enum(['secret', 'auth']),
      name: text,
      version: text,
      config: texts,
      description: text,
    }),
  }),
  z.strictObject({ op: z.literal('disable'), path, force: z.boolean() }),
  z.strictObject({
    op: z.literal('request'),
    request: z.strictObject({
      operation: z.enum(['read', 'write', 'patch', 'delete', 'list']),
      path,
      data: z.record(text, z.unknown()),
    }),
  }),
]);

const mount = z.looseObject({
  path: text,
  uuid: text,
  accessor: text,
  type: z.enum(['secret', 'auth']),
  name: text,
  version: text,
  config: texts,
  description: text,
});

const anything = z.record(text, z.unknown());

/** The form of an answer, as far as commands rely on it: what listens on a socket may be anything. */
export const mountsAnswerSchema: z.ZodType<MountsAnswer> = z.union([
  z.strictObject({ alive: z.literal(true) }),
  z.strictObject({ mounts: z.array(mount), pid: z.number() }),
  z.strictObject({ enabled: mount }),
  z.strictObject({ disabled: z.boolean() }),
  z.strictObject({
    answer: z
      .strictObject({
        status: z.number(),
        lease_id: text,
        lease_duration: z.number(),
        renewable: z.boolean(),
        data: anything,
        warnings: z.array(text),
        auth: anything.nullable(),
        wrap_info: anything.nullable(),
        body: z.strictObject({ content_type: text, text }).nullable(),
      })
      .nullable(),
  }),
  z.strictObject({
    error: z.object({ code: text, message: text, hint: text.optional() }),
  }),
]);
