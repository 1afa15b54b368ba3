import { access, constants } from 'node:fs/promises';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { formatFlag, printData } from '../../output/document.ts';
import { plainText } from '../../output/plain-text.ts';
import { unusable } from '../../user-files.ts';
import { engineFlag } from '../engine-flag.ts';
import { withEngine } from './with-engine.ts';

export const load = command({
  name: 'load',
  summary: 'give the engine the images of an archive, as docker save and image build -output write them',
  examples: ['image load kv.tar'],
  positionals: [{ name: 'FILE', complete: 'file' }],
  flags: { engine: engineFlag, format: formatFlag },
  async run({ args: [file], flags }, { terminal, signal }) {
    await access(file, constants.R_OK).catch((error: unknown) => {
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
    printData(terminal, flags.format, { references }, () =>
      references.map((reference) => `Success! Loaded image: ${plainText(reference)}`),
    );
    return exitCodes.ok;
  },
});
