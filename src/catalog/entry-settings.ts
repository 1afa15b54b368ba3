/** Container settings and the override as fields of catalog entries. */
import { z } from 'zod';
import type { ContainerSettings, SettingName } from '../settings/container-settings.ts';
import { schemaOf } from '../settings/option-check.ts';
import { catalogField, settingDefinitions } from '../settings/setting-list.ts';

/** The settings that a plugin or a plugin runtime may have for its containers. */
export interface EntrySettings extends ContainerSettings {
  /**
   * `unknown`: plugins are launched although it could not be observed whether that works, as on a host with SELinux.
   * What is known not to work is refused all the same.
   */
  readonly override?: 'unknown' | undefined;
  /** Whether the plugin may lock its memory. The field of the document is `memory_lock`. */
  readonly mlock?: boolean | undefined;
}

const override = z.literal('unknown', 'must be unknown').optional();

/** The fields as a caller gives them. */
export const settingFields = {
  override,
  mlock: z.boolean().optional(),
  ...(Object.fromEntries(
    settingDefinitions.map(([name, { check }]) => [name, schemaOf(check).optional()]),
  ) as unknown as { [K in SettingName]: z.ZodType<ContainerSettings[K]> }),
};

/** The same fields under their names in a document. */
export const settingFieldsOfDocument: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(settingFields).map(([name, schema]) => [catalogField(name), schema]),
);

/** The settings in an entry, without those that say nothing. */
export function settingsOfEntry(entry: EntrySettings): EntrySettings {
  return withoutNothing(
    Object.fromEntries(Object.keys(settingFields).map((name) => [name, entry[name as keyof EntrySettings]])),
  );
}

/** Reads the settings out of a document whose fields have been checked. */
export function settingsOfDocument(fields: Readonly<Record<string, unknown>>): EntrySettings {
  return withoutNothing(
    Object.fromEntries(Object.keys(settingFields).map((name) => [name, fields[catalogField(name)]])),
  );
}

/** Writes the settings as fields of a document. */
export function settingsForDocument(entry: EntrySettings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settingsOfEntry(entry)).map(([name, value]) => [catalogField(name), value as unknown]),
  );
}

/** Leaves out what was left out, and zeros that set nothing in Vault. */
export function withoutNothing<T extends object>(entry: T): T {
  const isNothing = (field: string, value: unknown): boolean =>
    value === undefined || (value === 0 && zeroIsNothing.has(field));
  return Object.fromEntries(Object.entries(entry).filter(([field, value]) => !isNothing(field, value))) as T;
}

const zeroIsNothing = new Set<string>(
  settingDefinitions.flatMap(([name, definition]) => (definition.zeroIsNothing === true ? [name] : [])),
);
