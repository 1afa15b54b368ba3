import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { choice } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';

export const deregister = command({
  name: 'deregister',
  summary: 'remove a plugin runtime that no registered plugin refers to',
  examples: ['plugin runtime deregister gvisor'],
  positionals: [{ name: 'NAME' }],
  flags: { type: choice(['container'], 'kind of runtime'), directory: directoryFlag },
  async run({ args: [name], flags }, context) {
    const { runtimes } = await openCatalogs(directoryOf(flags.directory, context));
    await runtimes.deregister(name, { signal: context.signal });
    context.terminal.out(`Success! Deregistered plugin runtime: ${plainText(name)}`);
    return exitCodes.ok;
  },
});
