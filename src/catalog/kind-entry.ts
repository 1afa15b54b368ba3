/** A kind of plugin in the catalog: how its plugins are started, whether mounts may share one, how one is tried. */
import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';
import { checkRegistration, noControls } from './check-registration.ts';
import type { DocumentForm } from './document.ts';

/** A kind of plugin to register. */
export interface KindRegistration {
  /** The type under which its plugins are registered: a word in small letters, such as `greeter`. */
  readonly name: string;
  /** Name of the variable that tells a plugin by whom it is started. */
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
  /** Application protocol versions that the host offers. Default: `[1]`. */
  readonly protocolVersions?: readonly number[] | undefined;
  /**
   * Whether several mounts may use one instance; `ask` asks the plugin, by Vault's `pluginutil.multiplexing`. Default:
   * `never`.
   */
  readonly sharing?: 'always' | 'never' | 'ask' | undefined;
  /**
   * What a plugin has to do when it is tried, besides starting: `grpc-health` asks its health service, which every
   * plugin in Go has. Default: `none`.
   */
  readonly probe?: 'none' | 'grpc-health' | undefined;
  /** Variables for every plugin of this kind. They are shown, so they must not be secret. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A registered kind. */
export type KindEntry = {
  readonly [K in keyof Required<KindRegistration>]: NonNullable<KindRegistration[K]>;
};

/** A name that `unknown` plugins would be looked for under. */
const reserved = ['unknown'];

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be a word in small letters, such as greeter')
  .refine((value) => !reserved.includes(value), 'is a word with a meaning of its own');
/** Variables that the protocol, the loader and the engine themselves set or read. */
const variable = z
  .string()
  .regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable: letters, digits and _')
  .refine(
    (value) => !value.startsWith('PLUGIN_'),
    'must not begin with PLUGIN_, as the variables of the protocol do',
  );
const value = z
  .string()
  .max(4096, 'must have 4096 characters at most')
  .regex(noControls, 'must not have control characters');

const fields = {
  name,
  magicCookieKey: variable.max(128, 'must have 128 characters at most'),
  magicCookieValue: value.min(1, 'must not be empty: plugins refuse to run with an empty one'),
};
const versions = z
  .array(z.int().min(0, 'must not be negative').max(999_999_999, 'is too large'))
  .min(1, 'must have a version')
  .max(64, 'must have 64 versions at most');
const sharing = z.enum(['always', 'never', 'ask']);
const probe = z.enum(['none', 'grpc-health']);
const env = z.record(variable, value);

const registration = z.strictObject({
  ...fields,
  protocolVersions: versions.default([1]),
  sharing: sharing.default('never'),
  probe: probe.default('none'),
  env: env.default({}),
});

/** Checks a registration and fills in what was left out. @throws InvalidOptionError */
export function toKindEntry(given: KindRegistration): KindEntry {
  const entry = checkRegistration(registration, given);
  if (Object.hasOwn(entry.env, entry.magicCookieKey)) {
    throw new InvalidOptionError(
      'env',
      `${entry.magicCookieKey} is the magic cookie, which the protocol sets`,
    );
  }
  return { ...entry, protocolVersions: [...new Set(entry.protocolVersions)].sort((a, b) => a - b) };
}

/** The form of its document. */
export const kindDocument: DocumentForm<KindEntry> = {
  kind: 'kind',
  schema: z
    .strictObject({
      name,
      magic_cookie_key: fields.magicCookieKey,
      magic_cookie_value: fields.magicCookieValue,
      protocol_versions: versions,
      sharing,
      probe,
      env,
    })
    .transform(({ magic_cookie_key, magic_cookie_value, protocol_versions, ...entry }) => ({
      ...entry,
      magicCookieKey: magic_cookie_key,
      magicCookieValue: magic_cookie_value,
      protocolVersions: protocol_versions,
    })),
};

export function kindFields(entry: KindEntry): Record<string, unknown> {
  const { magicCookieKey, magicCookieValue, protocolVersions, ...others } = entry;
  return {
    ...others,
    magic_cookie_key: magicCookieKey,
    magic_cookie_value: magicCookieValue,
    protocol_versions: protocolVersions,
  };
}
