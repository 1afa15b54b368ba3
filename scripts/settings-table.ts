/** The table of container settings in the README of the command line, made from the list of settings. */
import { settingFlags } from '../src/cli/commands/setting-flags.ts';
import { settingDefinitions, snakeCase } from '../src/settings/setting-list.ts';

export const tableBegin = '<!-- made from the list of settings by `npm run man` -->';
export const tableEnd = '<!-- end of what is made -->';

export function settingsTable(): string {
  const flags: Readonly<Record<string, { readonly value?: string | undefined }>> = settingFlags;
  const rows = settingDefinitions.map(([name, { flag, summary }]) => {
    const value = flags[flag.name]?.value;
    const word = `-${flag.name}${value === undefined ? '' : `=${value}`}`;
    return [`\`${word.replaceAll('|', '\\|')}\``, `\`${snakeCase(name)}\``, `\`${name}\``, summary];
  });
  const lines = [
    ['flag', 'field of a plugin runtime', 'option', 'what it does'],
    Array<string>(4).fill('---'),
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The page with the table as it is now. */
export function withSettingsTable(page: string): string {
  const begin = page.indexOf(tableBegin);
  const end = page.indexOf(tableEnd, begin);
  if (begin < 0 || end < 0) throw new Error('the page has no place for the table of settings');
  return `${page.slice(0, begin)}${tableBegin}\n\n${settingsTable()}\n\n${page.slice(end)}`;
}
