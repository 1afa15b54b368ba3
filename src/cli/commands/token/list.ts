import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { shown, tableLines } from '../../output/table.ts';
import { directoryFlag } from '../directory.ts';
import { openTokens, tokenFields, tokenRow } from './token-book.ts';

export const list = command({
  name: 'list',
  summary: 'the tokens that have not ended, without the tokens themselves',
  examples: ['token list', 'token list -format=json'],
  flags: { field: fieldFlag, format: formatFlag, directory: directoryFlag },
  async run({ flags }, context) {
    checkField(flags.field, tokenFields);
    const rows = (await (await openTokens(flags.directory, context)).list()).map(tokenRow);
    const lines = () =>
      tableLines(
        ['Id', 'Name', 'Scope', 'Created', 'Ends'],
        rows.map((row) => tokenFields.map((field) => shown(row[field] ?? 'never'))),
      );
    printData(context.terminal, flags.format, rows, lines, { field: flags.field, fields: tokenFields });
    return exitCodes.ok;
  },
});
