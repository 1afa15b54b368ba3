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

/**
 * Adapts a hint or a remedy for the command line. The library names its options in backticks, with or without a value
 * (`memoryBytes`, `autoMtls: false`). Those for which the command has a flag are shown as that flag; everything else
 * stays.
 */
export function withFlags(text: string, flags: Flags): string {
  return text.replace(
    /`([a-zA-Z]+)(?:: (?:'([^'`]*)'|([^`]*)))?`/g,
    (whole, option: string, quoted: string | undefined, plain: string | undefined) => {
      const name = flagOfOption[option] ?? option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (!Object.hasOwn(flags, name)) return whole;
      const value = quoted ?? plain;
      if (value === undefined || value === 'true' || name.startsWith('no_')) return shownFlag(name);
      return `${shownFlag(name)}=${value}`;
    },
  );
}
