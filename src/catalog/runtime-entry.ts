/** A plugin runtime in the catalog: a named set of container settings. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { catalogField } from '../settings/setting-list.ts';
import { checkRegistration, noControls, strictName } from './check-registration.ts';
import type { DocumentForm } from './document.ts';
import { settingFields, withoutNothing, type EntrySettings } from './entry-settings.ts';

/** The settings that a runtime may have. One that is left out has its default, which is to deny. */
export interface RuntimeSettings extends EntrySettings {
  /** Name of the OCI runtime: `runsc`, `runc`, `crun`, ... Default: the host's, which is `runsc` unless told otherwise. */
  readonly ociRuntime?: string | undefined;
  /** Socket of the engine to use in place of the host's. */
  readonly engineSocket?: string | undefined;
}

/**
 * A plugin runtime to register. `memoryBytes`, `cpuNanos` and `pidsLimit` may be 0, which sets nothing, as in Vault.
 */
export interface RuntimeRegistration extends RuntimeSettings {
  /** Type of the runtime. Only containers are supported. */
  readonly type: 'container';
  /** Letters, digits and `_`; inside also `-` and `.`. */
  readonly name: string;
}

export type RuntimeEntry = RuntimeRegistration;

const text = z.string().regex(noControls, 'must not have control characters');

const settings = {
  ociRuntime: text.min(1).optional(),
  engineSocket: text.refine(isAbsolute, 'must be an absolute path').optional(),
  ...settingFields,
};

const registration = z.strictObject({
  type: z.literal('container', 'must be container'),
  name: z.string().max(128).regex(strictName, 'must be letters, digits and _, with - and . inside'),
  ...settings,
});

/**
 * Checks a registration. Empty texts and zeros, which set nothing in Vault, are left out. @throws InvalidOptionError
 */
export function toRuntimeEntry(given: RuntimeRegistration): RuntimeEntry {
  const spelledLikeVault = Object.fromEntries(
    Object.entries(given).filter(
      ([field, value]) => value !== undefined && (field === 'name' || value !== ''),
    ),
  );
  return withoutNothing(checkRegistration(registration, spelledLikeVault));
}

/** The form of its document. Fields are named as in Vault where Vault has them. */
export const runtimeDocument: DocumentForm<RuntimeEntry> = {
  kind: 'runtime',
  schema: z.record(z.string(), z.unknown()).transform((fields, context) => {
    const entry = registration.safeParse(
      Object.fromEntries(
        Object.entries(fields).flatMap(([field, value]) => (value === '' ? [] : [[optionOf(field), value]])),
      ),
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
    Object.entries(entry).map(([option, value]) => [catalogField(option), value as unknown]),
  );
}

function optionOf(field: string): string {
  if (field === 'memory_lock') return 'mlock';
  return field.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
