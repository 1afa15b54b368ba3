/** The flags that set up a container: one for each container setting, for every command that launches or judges. */
import type {
  ContainerSettings,
  SettingName,
  TmpfsOptions,
  UlimitOptions,
} from '../../settings/container-settings.ts';
import type { settingList } from '../../settings/setting-list.ts';
import { settingDefinitions, type SettingDefinition } from '../../settings/setting-list.ts';
import { bytes, given, liftable, optionalChoice, text, texts, toggle, whole, type Flag } from '../flags.ts';
import { UsageError } from '../usage-error.ts';

type FlagName<K extends SettingName> = (typeof settingList)[K]['flag']['name'];

/** The flags by their names. */
export type SettingFlags = {
  readonly [K in SettingName as FlagName<K>]: Flag<ContainerSettings[K] | undefined>;
};

export const settingFlags = Object.fromEntries(
  settingDefinitions.map(([, definition]) => [definition.flag.name, flagOf(definition)]),
) as unknown as SettingFlags;

/** The settings that were given as flags. */
export function settingsOf(values: Readonly<Partial<Record<string, unknown>>>): ContainerSettings {
  return Object.fromEntries(
    settingDefinitions.flatMap(([name, { flag }]) => {
      const value = values[flag.name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function flagOf({ flag: { alias, form, value = '' }, summary }: SettingDefinition): Flag<unknown> {
  const extras = alias === undefined ? {} : { alias };
  switch (form) {
    case 'text':
      return text(value, summary, extras);
    case 'count':
      return whole(value, summary, extras);
    case 'liftable-count':
      return liftable(whole(value, summary, extras));
    case 'liftable-bytes':
      return liftable(bytes(value, summary, extras));
    case 'toggle':
      return given(toggle(summary, extras), (there) => there || undefined);
    case 'lifted':
      return given(toggle(summary, extras), (there) => !there);
    case 'yes-or-no':
      return given(toggle(summary, extras), (there) => there);
    case 'unconfined':
      return optionalChoice(['unconfined'], summary, extras);
    case 'texts':
      return given(texts(value, summary, extras), (all) => all);
    case 'tmpfs':
      return given(texts(value, summary, extras), (all) => all.map(tmpfsOf));
    case 'ulimits':
      return given(texts(value, summary, extras), (all) => all.map(ulimitOf));
  }
}

function tmpfsOf(word: string): TmpfsOptions {
  const [, path = '', size, exec] = /^(.*?)(?::(?!exec$)([^:/]+))?(:exec)?$/.exec(word) ?? [];
  const sizeBytes = size === undefined ? undefined : liftable(bytes('', '')).convert([size], '-tmpfs');
  return { path, ...(sizeBytes !== undefined && { sizeBytes }), ...(exec !== undefined && { exec: true }) };
}

function ulimitOf(word: string): UlimitOptions {
  const [, name, soft, hard = soft] = /^(\w+)=(-1|\d+)(?::(-1|\d+))?$/.exec(word) ?? [];
  if (name === undefined)
    throw new UsageError(`-ulimit takes NAME=SOFT or NAME=SOFT:HARD, not ${JSON.stringify(word)}`);
  return { name, soft: Number(soft), hard: Number(hard) };
}
