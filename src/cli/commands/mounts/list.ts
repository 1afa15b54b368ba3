import type { KeptMount } from '../../../vault/internal.ts';
import { command, type Command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { plainJson } from '../../output/plain-text.ts';
import { shown, tableLines } from '../../output/table.ts';
import { mountsFlags, withMounts } from '../../vault/with-mounts.ts';
import { whatIs, type MountType } from './mounted-path.ts';

const fields = ['path', 'type', 'accessor', 'description', 'options', 'plugin_version', 'uuid'] as const;

/** `secret list` and `auth list`. */
export function listCommand(type: MountType): Command {
  return command({
    name: 'list',
    summary: `the mounts of ${whatIs(type)}s that the directory keeps`,
    examples: [`${type} list`, `${type} list -detailed`, `${type} list -format=json`],
    flags: {
      detailed: toggle('further columns'),
      field: fieldFlag,
      format: formatFlag,
      ...mountsFlags,
    },
    async run({ flags }, context) {
      checkField(flags.field, fields);
      const { signal, terminal } = context;
      const all = await withMounts(flags, context, {}, (mounts) => mounts.list({ signal }));
      const rows = all.filter((mount) => mount.type === type).map(rowOf);
      // JSON has the mounts by their paths, as in Vault. A field is printed for each row.
      const data =
        flags.field === undefined ? Object.fromEntries(rows.map(({ path, ...row }) => [path, row])) : rows;
      printData(terminal, flags.format, data, () => linesOf(rows, flags.detailed), {
        field: flags.field,
        fields,
      });
      return exitCodes.ok;
    },
  });
}

type Row = Readonly<Record<(typeof fields)[number], unknown>> & { readonly path: string };

/** Auth methods are shown without the `auth/` in front, as in Vault. */
function rowOf({ path, type, name, accessor, description, config, version, uuid }: KeptMount): Row {
  return {
    path: type === 'auth' ? path.slice('auth/'.length) : path,
    type: name,
    accessor,
    description,
    options: config,
    plugin_version: version,
    uuid,
  };
}

function linesOf(rows: readonly Row[], detailed: boolean): string[] {
  if (!detailed) {
    return tableLines(
      ['Path', 'Type', 'Accessor', 'Description'],
      rows.map(({ path, type, accessor, description }) => [path, type, accessor, description].map(shown)),
    );
  }
  return tableLines(
    ['Path', 'Plugin', 'Accessor', 'Options', 'Description', 'UUID', 'Version'],
    rows.map(({ path, type, accessor, options, description, uuid, plugin_version: version }) =>
      [path, type, accessor, plainJson(options), description, uuid, version].map(shown),
    ),
  );
}
