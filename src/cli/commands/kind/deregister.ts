import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { plainText } from '../../output/plain-text.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { kindWords } from './kind-words.ts';

export const deregister = command({
  name: 'deregister',
  summary: 'remove a kind of which no plugin is registered; what runs continues to run',
  examples: ['plugin kind deregister greeter'],
  positionals: [{ name: 'NAME', complete: kindWords }],
  flags: { directory: directoryFlag },
  async run({ args: [name], flags }, context) {
    const { kinds } = await openCatalogs(directoryOf(flags.directory, context));
    await kinds.deregister(name, { signal: context.signal });
    context.terminal.out(`Success! Deregistered kind: ${plainText(name)}`);
    return exitCodes.ok;
  },
});
