/**
 * Words for what a registered plugin is launched with. The flags of a launch are refused for it: it has its settings
 * from what is registered, so a hint names where that is.
 */
import { settingDefinitions } from '../settings/setting-list.ts';
import type { Flags } from './flags.ts';
import { replaceOptions } from './option-flags.ts';
import { shownFlag } from './parse-arguments.ts';

/** Where a registered plugin has a setting from, as the end of a sentence. */
const registration = 'its registration (bulkhead plugin register)';
const runtime = 'its plugin runtime (bulkhead plugin runtime register)';
const either = `${registration} or ${runtime}`;
const kind = 'its kind (bulkhead plugin kind register)';

interface Home {
  /** The flag of that command, where it has another name than that of a launch. */
  readonly flag?: string;
  readonly from: string;
}

/** By the flag of a launch. Those that are not here are flags for registered plugins too. */
export const homes: Readonly<Record<string, Home>> = {
  ...Object.fromEntries(settingDefinitions.map(([, { flag }]) => [flag.name, { from: either }])),
  mlock: { flag: 'memory_lock', from: either },
  entrypoint: { flag: 'command', from: registration },
  args: { from: registration },
  env: { from: registration },
  no_mtls: { from: registration },
  broker_multiplex: { from: registration },
  oci_runtime: { from: runtime },
  cookie: { from: kind },
  protocol_version: { flag: 'protocol', from: kind },
};

/** Flags of a launch that its command takes for a registered plugin too. */
export const takenForRegistered = ['engine', 'override', 'socket_directory'] as const;

/**
 * Adapts a hint or a remedy about a registered plugin for the command line, and says where the settings are that it
 * names.
 *
 * @param flags those of the command
 */
export function withRegisteredFlags(text: string, flags: Flags): string {
  const isLaunch = Object.hasOwn(flags, 'cookie');
  const isTaken = (name: string): boolean =>
    Object.hasOwn(flags, name) && (!isLaunch || takenForRegistered.some((taken) => taken === name));
  const elsewhere: string[] = [];
  const shown = replaceOptions(text, (name) => {
    const home = Object.hasOwn(homes, name) ? homes[name] : undefined;
    const flag = home?.flag ?? name;
    if (isTaken(flag)) return flag;
    if (home === undefined) return undefined;
    elsewhere.push(name);
    return flag;
  });
  return elsewhere.length === 0 ? shown : `${shown} A registered plugin has ${placesOf(elsewhere)}.`;
}

/** Says where a registered plugin has its settings from, by the flags of a launch. */
export function placesOf(launchFlags: readonly string[]): string {
  const places = new Map<string, Set<string>>();
  for (const name of launchFlags) {
    const { flag = name, from } = homes[name] ?? { from: either };
    places.set(from, (places.get(from) ?? new Set()).add(shownFlag(flag)));
  }
  return [...places].map(([from, names]) => `${[...names].join(' and ')} from ${from}`).join(', and ');
}
