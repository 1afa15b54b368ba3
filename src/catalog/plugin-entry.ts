/** A plugin in the catalog: which image runs under which name, and how. */
import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';
import { checkArgument, listOf, text as anyText } from '../settings/option-shape.ts';
import { checkRegistration, noControls, strictName } from './check-registration.ts';
import type { DocumentForm } from './document.ts';
import {
  settingFields,
  settingFieldsOfDocument,
  settingsForDocument,
  settingsOfDocument,
  settingsOfEntry,
  withoutNothing,
  type EntrySettings,
} from './entry-settings.ts';
import { parseImageReference } from './image-reference.ts';
import { canonicalVersion } from './version.ts';

/**
 * A plugin as a caller asks a host to register it. Its container settings come before those of its plugin runtime, whose
 * demands (`rootless`, `requireNonRoot`) they can't lift.
 */
export interface PluginRegistration extends EntrySettings, SpeakingSettings {
  /** `auth`, `secret`, `database`, or a kind that the host defines; with `unknown` the probe finds the type. */
  readonly type: string;
  /** Up to 128 characters; slashes are allowed. */
  readonly name: string;
  /** Semantic version; default: the one unversioned entry of the name. */
  readonly version?: string | undefined;
  /**
   * A local image. The reference may be complete: registry with port, tag, digest. Without tag and digest the version
   * is the tag.
   */
  readonly ociImage: string;
  /**
   * Digest that the image must have, with or without `sha256:`: that of its configuration, its manifest or its index.
   * Default: any image to which the reference leads.
   */
  readonly sha256?: string | undefined;
  /**
   * Replaces the image's entrypoint. When it has blanks and `args` is not given, it is read as command and arguments.
   */
  readonly command?: string | undefined;
  /**
   * Replace the image's arguments. They are stored, passed to the plugin, and shown only to a caller who asks for the
   * whole entry.
   */
  readonly args?: readonly string[] | undefined;
  /**
   * Variables for the plugin, as an object or as `NAME=value`. They are stored, passed to the plugin, and never shown.
   */
  readonly env?: Readonly<Record<string, string>> | readonly string[] | undefined;
  /** Name of a registered plugin runtime; default: the host's defaults. */
  readonly runtime?: string | undefined;
}

/** How a host speaks with a plugin, where that differs from what it does with others. */
export interface SpeakingSettings {
  /** Whether host and plugin prove themselves to each other. Default true. */
  readonly autoMtls?: boolean | undefined;
  /** Whether brokered connections travel in the main one, for which go-plugin 1.6 is needed. Default false. */
  readonly brokerMultiplex?: boolean | undefined;
}

/** A whole entry. It holds the values of `env` and `args`, so it must not be shown. */
export interface PluginEntry extends EntrySettings, SpeakingSettings {
  readonly type: string;
  readonly name: string;
  /** `v1.2.3`; empty for the unversioned entry. */
  readonly version: string;
  readonly ociImage: string;
  /** 64 hexadecimal digits; empty when any image will do. */
  readonly sha256: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly runtime: string;
}

/**
 * An entry as it may be shown: with the names of its variables and not their values, and with the number of its
 * arguments and not their texts.
 */
export interface PluginInfo extends Omit<PluginEntry, 'env' | 'args'> {
  readonly argCount: number;
  readonly envNames: readonly string[];
}

const typePattern = /^[a-z][a-z0-9_-]{0,31}$/;
const text = z.string().regex(noControls, 'must not have control characters');
const version = z.string().transform((value, context) => {
  try {
    return canonicalVersion(value);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: (error as InvalidOptionError).message.replace(/^\w+: /, ''),
    });
    return z.NEVER;
  }
});
const image = z.string().transform((value, context) => {
  try {
    parseImageReference(value);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: (error as InvalidOptionError).message.replace(/^\w+: /, ''),
    });
  }
  return value;
});
const name = text
  .min(1, 'must not be empty')
  .max(128, 'must have 128 characters at most')
  .refine((value) => !value.split('/').some((part) => ['', '.', '..'].includes(part)), {
    message: 'must not have empty parts, . or .. between slashes',
  });
const variables = z.record(z.string(), z.string());

const speaking = { autoMtls: z.boolean().optional(), brokerMultiplex: z.boolean().optional() };

const registration = z.strictObject({
  type: z.string().regex(typePattern, 'must be a word in small letters, such as secret'),
  name,
  version: version.optional(),
  ociImage: image,
  sha256: z
    .string()
    .regex(
      /^(?:sha256:)?[0-9a-fA-F]{64}$/,
      'must be 64 hexadecimal digits, with or without sha256: before them',
    )
    .optional(),
  command: text.refine((value) => !value.split(/[\s/]/).includes('..'), 'must not have .. in it').optional(),
  args: z.array(z.string().regex(/^[^\0]*$/, 'must not have zero bytes')).optional(),
  env: z.union([z.array(z.string()), variables]).optional(),
  runtime: z.string().regex(strictName, 'must be the name of a plugin runtime').or(z.literal('')).optional(),
  ...speaking,
  ...settingFields,
});

/**
 * Checks a registration and fills in what was left out.
 *
 * @param reserved names of variables besides `PLUGIN_*` that the protocol sets itself, which are the magic cookies
 * @throws InvalidOptionError
 */
export function toPluginEntry(given: PluginRegistration, reserved: readonly string[] = []): PluginEntry {
  checkArgument('toPluginEntry', 'reserved', listOf(anyText), reserved);
  const entry = checkRegistration(registration, given);
  const { command, args } = splitCommand(entry.command?.trim() ?? '', entry.args);
  return {
    type: entry.type,
    name: entry.name,
    version: entry.version ?? '',
    ociImage: entry.ociImage,
    sha256: (entry.sha256 ?? '').replace(/^sha256:/, '').toLowerCase(),
    command,
    args,
    env: checkVariables(entry.env ?? {}, reserved),
    runtime: entry.runtime ?? '',
    ...withoutNothing({ autoMtls: entry.autoMtls, brokerMultiplex: entry.brokerMultiplex }),
    ...settingsOfEntry(entry),
  };
}

export function toPluginInfo({ env, args, ...entry }: PluginEntry): PluginInfo {
  return { ...entry, argCount: args.length, envNames: Object.keys(env).sort() };
}

/** The form of its document, whose fields are named as in Vault. */
export const pluginDocument: DocumentForm<PluginEntry> = {
  kind: 'plugin',
  schema: z
    .strictObject({
      type: z.string().regex(typePattern),
      name,
      version,
      oci_image: image,
      sha256: z.string().regex(/^(?:[0-9a-f]{64})?$/),
      command: text,
      args: z.array(z.string()),
      env: variables,
      runtime: z.string().regex(strictName).or(z.literal('')),
      auto_mtls: speaking.autoMtls,
      broker_multiplex: speaking.brokerMultiplex,
      ...settingFieldsOfDocument,
    })
    .transform((fields) => {
      const { type, name, version, oci_image: ociImage, sha256, command, args, env, runtime } = fields;
      const { auto_mtls: autoMtls, broker_multiplex: brokerMultiplex } = fields;
      const settings = { ...withoutNothing({ autoMtls, brokerMultiplex }), ...settingsOfDocument(fields) };
      return { type, name, version, sha256, command, args, env, runtime, ociImage, ...settings };
    }),
};

export function pluginFields(entry: PluginEntry): Record<string, unknown> {
  const { type, name, version, ociImage, sha256, command, args, env, runtime } = entry;
  const { autoMtls, brokerMultiplex } = entry;
  return {
    ...{ type, name, version, sha256, command, args, env, runtime, oci_image: ociImage },
    ...withoutNothing({ auto_mtls: autoMtls, broker_multiplex: brokerMultiplex }),
    ...settingsForDocument(entry),
  };
}

function splitCommand(
  command: string,
  args: readonly string[] | undefined,
): { command: string; args: readonly string[] } {
  const [first = '', ...rest] = command.split(/\s+/);
  if (rest.length === 0) return { command, args: args ?? [] };
  if (args === undefined) return { command: first, args: rest };
  throw new InvalidOptionError(
    'command',
    'contains blanks, but there are args too: give the arguments in one place',
  );
}

/** Returns the part before a `=`, because the rest may be a secret value. */
function nameIn(variable: string): string {
  const at = variable.indexOf('=');
  return at < 0 ? variable : `${variable.slice(0, at)}=...`;
}

function checkVariables(
  env: Readonly<Record<string, string>> | readonly string[],
  reserved: readonly string[],
): Record<string, string> {
  const pairs = Array.isArray(env)
    ? (env as readonly string[]).map((entry, i): [string, string] => {
        const at = entry.indexOf('=');
        if (at < 1) throw new InvalidOptionError(`env[${i}]`, 'must be NAME=value');
        return [entry.slice(0, at), entry.slice(at + 1)];
      })
    : Object.entries(env);
  for (const [variable, value] of pairs) {
    if (!/^[^=\p{Cc}]+$/u.test(variable)) {
      throw new InvalidOptionError(
        'env',
        `${JSON.stringify(nameIn(variable))} is not the name of a variable`,
      );
    }
    if (variable.startsWith('PLUGIN_') || reserved.includes(variable)) {
      throw new InvalidOptionError('env', `${variable} is set by the go-plugin protocol and can't be given`);
    }
    if (value.includes('\0')) throw new InvalidOptionError('env', `the value of ${variable} has a zero byte`);
  }
  return Object.fromEntries(pairs);
}
