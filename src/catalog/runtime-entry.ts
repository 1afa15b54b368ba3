/** A plugin runtime in the catalog: a named set of container settings. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { checkRegistration, noControls, strictName } from './check-registration.ts';
import type { DocumentForm } from './document.ts';

/** The settings that a runtime may make; what is left out is the default, which is to deny. */
export interface RuntimeSettings {
  /** Name of the OCI runtime: `runsc`, `runc`, `crun`, ... Default: the host's, which is `runsc` unless told otherwise. */
  readonly ociRuntime?: string | undefined;
  readonly cgroupParent?: string | undefined;
  /** In billionths of a core. Vault's 0 is none. */
  readonly cpuNanos?: number | undefined;
  /** Default 1 GiB where it is enforced; `unlimited` lifts that. Vault's 0 is the default. */
  readonly memoryBytes?: number | 'unlimited' | undefined;
  /** The engine must be a rootless one. */
  readonly rootless?: boolean | undefined;
  /** The plugin may lock its memory (`mlock`). */
  readonly memoryLock?: boolean | undefined;
  /** Overrides the image's user. */
  readonly user?: string | undefined;
  /** Refuses plugins that are root in their container, or could become it. Default false. */
  readonly requireNonRoot?: boolean | undefined;
  /** `unconfined`: without a seccomp profile. Default: the engine's own, and none else will do. */
  readonly seccomp?: 'unconfined' | undefined;
  /** Default `none`. */
  readonly network?: string | undefined;
  /** Default true. */
  readonly readOnlyRootFilesystem?: boolean | undefined;
  /** Default 512 where it is enforced; `unlimited` lifts that. */
  readonly pidsLimit?: number | 'unlimited' | undefined;
  readonly tmpfs?: readonly RuntimeTmpfs[] | undefined;
  readonly ulimits?: readonly RuntimeUlimit[] | undefined;
  /** Socket of the engine to use in place of the host's. */
  readonly engineSocket?: string | undefined;
}

export interface RuntimeTmpfs {
  /** Absolute path in the container. */
  readonly path: string;
  /** Default 64 MiB; `unlimited` lifts that. */
  readonly sizeBytes?: number | 'unlimited' | undefined;
  readonly mode?: number | undefined;
  /** Whether programs in it can be executed. Default false. */
  readonly exec?: boolean | undefined;
}

export interface RuntimeUlimit {
  /** Such as `memlock` or `nofile`. */
  readonly name: string;
  /** -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

export interface RuntimeRegistration extends RuntimeSettings {
  /** Only containers, so far. */
  readonly type: 'container';
  /** Letters, digits and `_`; inside also `-` and `.`. */
  readonly name: string;
}

export type RuntimeEntry = RuntimeRegistration;

const count = z.number().int('must be a whole number').nonnegative('must not be negative');
const text = z.string().regex(noControls, 'must not have control characters');
const absolute = text.refine(isAbsolute, 'must be an absolute path');
const limit = z.number().int().min(-1);
const liftable = z.union(
  [count, z.literal('unlimited')],
  'must be a whole number that is not negative, or unlimited',
);

const settings = {
  ociRuntime: text.min(1).optional(),
  cgroupParent: text.optional(),
  cpuNanos: count.optional(),
  memoryBytes: liftable.optional(),
  rootless: z.boolean().optional(),
  memoryLock: z.boolean().optional(),
  user: text.min(1).optional(),
  requireNonRoot: z.boolean().optional(),
  seccomp: z.literal('unconfined', 'must be unconfined').optional(),
  network: text.min(1).optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  pidsLimit: liftable.optional(),
  tmpfs: z
    .array(
      z.strictObject({
        path: absolute,
        sizeBytes: liftable.optional(),
        mode: z.number().int().min(0).max(0o7777).optional(),
        exec: z.boolean().optional(),
      }),
    )
    .optional(),
  ulimits: z
    .array(z.strictObject({ name: z.string().regex(/^[a-z]+$/), soft: limit, hard: limit }))
    .optional(),
  engineSocket: absolute.optional(),
};

const registration = z.strictObject({
  type: z.literal('container', 'must be container'),
  name: z.string().max(128).regex(strictName, 'must be letters, digits and _, with - and . inside'),
  ...settings,
});

/** Checks a registration. Empty texts and zeros, which stand for nothing in Vault, are left out. @throws InvalidOptionError */
export function toRuntimeEntry(given: RuntimeRegistration): RuntimeEntry {
  const spelledLikeVault = Object.fromEntries(
    Object.entries(given).filter(
      ([field, value]) => value !== undefined && (field === 'name' || value !== ''),
    ),
  );
  return withoutNothing(checkRegistration(registration, spelledLikeVault));
}

/** The form of its document; field names are Vault's where Vault has them. */
export const runtimeDocument: DocumentForm<RuntimeEntry> = {
  kind: 'runtime',
  schema: z.record(z.string(), z.unknown()).transform((fields, context) => {
    const entry = registration.safeParse(
      Object.fromEntries(Object.entries(fields).map(([field, value]) => [toCamel(field), value])),
    );
    if (entry.success) return withoutNothing(entry.data);
    for (const { path, message } of entry.error.issues) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    return z.NEVER;
  }),
};

export function runtimeFields(entry: RuntimeEntry): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([field, value]) => [toSnake(field), value as unknown]),
  );
}

function withoutNothing(entry: RuntimeEntry): RuntimeEntry {
  const isNothing = (field: string, value: unknown): boolean =>
    value === undefined || (value === 0 && ['cpuNanos', 'memoryBytes', 'pidsLimit'].includes(field));
  return Object.fromEntries(
    Object.entries(entry).filter(([field, value]) => !isNothing(field, value)),
  ) as unknown as RuntimeEntry;
}

const toSnake = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (field: string): string =>
  field.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
