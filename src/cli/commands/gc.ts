import { access } from 'node:fs/promises';
import type { Sweep } from '../../host/index.ts';
import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import { directoryFlag, directoryOf } from './directory.ts';
import { engineFlag } from './engine-flag.ts';
import { socketDirectoryFlag } from './socket-directory-flag.ts';
import { lazyModules } from '../lazy-modules.ts';

export const gc = command({
  name: 'gc',
  summary: 'remove what hosts and matrices have left that are gone: containers, probes, folders with sockets',
  details: [
    'Looks at the engine that is found, and at every engine that a dead host of the directory, or one of this user without a directory, has recorded; a Podman that ended with its host is started again for that. -engine looks at that engine alone.',
    "Process id, start time, boot and machine id together prove that a host is gone; what a living one has is never touched, nor what belongs to another directory's hosts, another user's or another machine's.",
  ],
  examples: ['gc', 'gc -format=json'],
  flags: {
    engine: engineFlag,
    socket_directory: socketDirectoryFlag,
    directory: directoryFlag,
    field: fieldFlag,
    format: formatFlag,
  },
  async run({ flags }, context) {
    const { signal, terminal, did } = context;
    checkField(flags.field, ['containers', 'images', 'folders', 'unproved', 'failures']);
    const { PluginHost } = await lazyModules.host();
    const options = {
      socketPath: flags.engine,
      socketDirectory: flags.socket_directory,
      sweep: false,
      control: false,
      signal,
    };
    const directory = directoryOf(flags.directory, context);
    const there = await access(directory.directory).then(
      () => true,
      () => false,
    );
    const swept: Sweep[] = [];
    // Sweeps the cluster of the directory, and that of hosts without a directory.
    for (const each of [...(there ? [directory] : []), undefined]) {
      await using host = await PluginHost.open({ ...options, ...each });
      // An engine that was named is the only one that is meant.
      const sweep = await host.gc({ signal, recorded: flags.engine === undefined });
      for (const line of removedLines(sweep)) did(line);
      swept.push(sweep);
    }
    const all: Sweep = {
      containers: swept.flatMap(({ containers }) => containers),
      images: swept.flatMap(({ images }) => images),
      folders: swept.flatMap(({ folders }) => folders),
      unproved: [...new Set(swept.flatMap(({ unproved }) => unproved))],
      failures: [...new Set(swept.flatMap(({ failures }) => failures))],
    };
    printData(terminal, flags.format, all, () => lines(all), flags);
    return all.failures.length === 0 ? exitCodes.ok : exitCodes.environment;
  },
});

function lines(sweep: Sweep): string[] {
  const { unproved, failures } = sweep;
  const removed = [
    ...removedLines(sweep),
    ...unproved.map(
      (name) => `Left alone container ${name}: it has our labels, but no host of this user made it`,
    ),
    ...failures.map((failure) => `Could not be removed or looked for: ${failure}`),
  ];
  return removed.length === 0 ? ['Nothing was left behind.'] : removed.map(plainText);
}

function removedLines({ containers, images, folders }: Sweep): string[] {
  return [
    ...containers.map(
      ({ id, name, plugin }) => `Removed container ${id.slice(0, 12)} ${name} (${plugin || 'no name'})`,
    ),
    ...images.map((image) => `Removed image ${image}`),
    ...folders.map((folder) => `Removed folder ${folder}`),
  ];
}
