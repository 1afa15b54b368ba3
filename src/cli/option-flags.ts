import { settingDefinitions } from '../settings/setting-list.ts';
import type { Flags } from './flags.ts';
import { shownFlag } from './parse-arguments.ts';

/** Flags whose name differs from the option's. */
const flagOfOption: Readonly<Record<string, string>> = {
  ...Object.fromEntries(settingDefinitions.map(([name, { flag }]) => [name, flag.name])),
  autoMtls: 'no_mtls',
  engineSocket: 'engine',
  handshake: 'cookie',
  protocolVersions: 'protocol_version',
  runtime: 'oci_runtime',
  socketPath: 'engine',
  timeoutMs: 'timeout',
};

/** Flags that stand for an option with the value `false`, and take no value themselves. */
const liftingFlags = new Set([
  'no_mtls',
  ...settingDefinitions.flatMap(([, { flag }]) => (flag.form === 'lifted' ? [flag.name] : [])),
]);

/**
 * Adapts a hint or a remedy for the command line. The library names its options in backticks, with or without a value
 * (`memoryBytes`, `autoMtls: false`, `capAdd: ['CHOWN']`). Those for which the command has a flag are shown as that
 * flag; everything else stays.
 */
export function withFlags(text: string, flags: Flags): string {
  return replaceOptions(text, (name) => (Object.hasOwn(flags, name) ? name : undefined));
}

/**
 * Replaces the options in a text by flags.
 *
 * @param flagFor returns the flag to show for the launch flag of an option; `undefined` leaves the option as it is
 */
export function replaceOptions(text: string, flagFor: (launchFlag: string) => string | undefined): string {
  return text.replace(/`([a-zA-Z]+)(?:: ([^`]*))?`/g, (whole, option: string, value: string | undefined) => {
    const name = flagFor(
      flagOfOption[option] ?? option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    if (name === undefined) return whole;
    if (value === undefined || value === 'true' || liftingFlags.has(name)) return shownFlag(name);
    return flagValues(name, value)
      .map((each) => `${shownFlag(name)}=${each}`)
      .join(' ');
  });
}

/** The values of a flag for an option's value as the library writes it: a text, a number, a list, or named parts. */
function flagValues(name: string, value: string): string[] {
  const list = /^\[(.*)\]$/.exec(value)?.[1];
  if (list !== undefined) {
    const entries = list.match(/\{[^}]*\}|'[^']*'|[^\s,]+/g) ?? [];
    return entries.flatMap((entry) => flagValues(name, entry));
  }
  const parts = partsOf(value);
  if (parts === undefined) return [/^'(.*)'$/.exec(value)?.[1] ?? value];
  if (name === 'tmpfs') {
    const { path = '', sizeBytes, exec } = parts;
    return [
      [path, sizeBytes, exec === 'true' ? 'exec' : undefined].filter((part) => part !== undefined).join(':'),
    ];
  }
  if (name === 'ulimit') return [`${parts['name'] ?? ''}=${parts['soft'] ?? ''}`];
  return Object.entries(parts).map(([key, each]) => `${key}=${each}`);
}

/** The parts of `{ path: '/data', exec: true }`. `undefined` for anything else. */
function partsOf(value: string): Record<string, string> | undefined {
  const inside = /^\{(.*)\}$/.exec(value)?.[1];
  if (inside === undefined) return undefined;
  const pairs = inside.matchAll(/(\w+): (?:'([^']*)'|([^\s,]+))/g);
  return Object.fromEntries([...pairs].map(([, key = '', quoted, plain = '']) => [key, quoted ?? plain]));
}
