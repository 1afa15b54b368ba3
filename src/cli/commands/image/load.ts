import { open } from 'node:fs/promises';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { plainText } from '../../output/plain-text.ts';
import { unusable } from '../../user-files.ts';
import { engineFlag } from '../engine-flag.ts';
import { withEngine } from './with-engine.ts';

export const load = command({
  name: 'load',
  summary: 'give the engine the images of an archive, as docker save and image build -output write them',
  examples: ['image load kv.tar'],
  positionals: [{ name: 'FILE', complete: 'file' }],
  flags: { engine: engineFlag, field: fieldFlag, format: formatFlag },
  async run({ args: [file], flags }, { terminal, signal }) {
    checkField(flags.field, ['references']);
    await tryToRead(file).catch((error: unknown) => {
      throw unusable(file, 'read', error); // refused before an engine is looked for
    });
    const { references } = await withEngine({ socketPath: flags.engine, signal }, (engine) =>
      engine.images.load(file, {
        signal,
        onProgress: ({ message }) => {
          terminal.progress(message);
        },
      }),
    );
    const lines = () => references.map((reference) => `Success! Loaded image: ${plainText(reference)}`);
    printData(terminal, flags.format, { references }, lines, flags);
    return exitCodes.ok;
  },
});

/** Reads the first byte, which fails for a folder too. */
async function tryToRead(path: string): Promise<void> {
  await using file = await open(path);
  await file.read(Buffer.alloc(1), 0, 1, 0);
}
