/**
 * Limits on what a plugin may say about its services. A longer description is refused: reading descriptors costs memory
 * and time in the host, and the plugin chooses their names and numbers. Vault's own plugins stay below a hundredth of
 * each limit.
 */

/** A limit, in the same form as the other limits of this room. */
export interface ReflectionLimit {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'number';
  /** What is limited. */
  readonly what: string;
  /** What happens beyond it. */
  readonly beyond: string;
}

const beyond = 'asking for the service fails with REFLECTION_FAILED, and the error names the limit';

export const reflectionLimits = {
  services: { value: 1_000, unit: 'number', what: 'services that a plugin lists', beyond },
  files: {
    value: 500,
    unit: 'number',
    what: 'files that describe a service, imported ones and those that are still to be asked for included',
    beyond,
  },
  imports: { value: 5_000, unit: 'number', what: 'imports in all of these files together', beyond },
  bytes: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    what: 'all answers of the plugin to one question about a service',
    beyond,
  },
  symbols: {
    value: 4_000,
    unit: 'number',
    what: 'messages, enums and services in all of these files together, map entries included',
    beyond,
  },
  members: {
    value: 10_000,
    unit: 'number',
    what: 'fields, oneofs, methods and values of enums in all of these files together',
    beyond,
  },
  membersOfOne: {
    value: 500,
    unit: 'number',
    what: 'fields of one message, or methods of one service',
    beyond,
  },
  described: {
    value: 50_000,
    unit: 'number',
    what: 'fields of the requests and replies of all methods together: each method describes both anew',
    beyond,
  },
  parts: {
    value: 200_000,
    unit: 'number',
    what: 'fields of descriptors on the wire, those that are not looked at included, such as extension ranges',
    beyond,
  },
  nesting: {
    value: 30,
    unit: 'number',
    what: 'messages within messages, and parts of the name of a package',
    beyond,
  },
  nameLength: { value: 512, unit: 'number', what: 'characters of one name', beyond },
  milliseconds: {
    value: 10_000,
    unit: 'ms',
    what: 'everything that one question to a plugin about its services takes; the option `timeoutMs`',
    beyond: 'it fails with PLUGIN_CALL_TIMEOUT',
  },
} as const satisfies Readonly<Record<string, ReflectionLimit>>;

export type ReflectionLimitName = keyof typeof reflectionLimits;
