import { stat } from 'node:fs/promises';
import type { PluginRegistration } from '../../../catalog/index.ts';
import type { PackedImage } from '../../../packing/index.ts';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { hostPath, requiredText, text, texts, toggle, type FlagValues } from '../../flags.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { plainText } from '../../output/plain-text.ts';
import { UsageError } from '../../usage-error.ts';
import { directoryFlag, directoryOf, openCatalogs, type CatalogDirectory } from '../directory.ts';
import { engineFlag } from '../engine-flag.ts';
import { pair } from '../launch-flags.ts';
import { probed } from '../plugin/probed.ts';
import { pluginTypes } from '../plugin/types.ts';
import { socketDirectoryFlag } from '../socket-directory-flag.ts';
import { unusable, writeUserStream } from '../../user-files.ts';
import { withEngine } from './with-engine.ts';
import { lazyModules } from '../../lazy-modules.ts';

const buildFlags = {
  name: requiredText('NAME', 'name of the plugin; the image is localhost/NAME'),
  version: text('VERSION', 'its version, and the tag of the image (default: latest)'),
  tag: text('REFERENCE', 'the whole reference, in place of localhost/NAME:VERSION'),
  args: texts('ARG', 'argument for the plugin'),
  env: texts('NAME=VALUE', 'variable of the image'),
  user: text('UID:GID', 'user that the plugin runs as (default: 65532:65532)'),
  file_capability: texts('NAME', 'capability of the program, such as IPC_LOCK'),
  with_libraries: toggle('packs loader and libraries of a program that is linked dynamically'),
  with_ca: hostPath('packs CA certificates: those of this machine, or those of -with_ca=FILE'),
  with_tz: hostPath('packs time zone data: those of this machine, or those of -with_tz=FOLDER'),
  main: text('FILE', 'of a folder: the module to start (default: main of its package.json)'),
  package: texts(
    'NAME',
    'of a folder: npm package that it needs (default: dependencies of its package.json)',
  ),
  output: text('FILE', 'write the archive to a file, and ask no engine', { path: true }),
  register: text('TYPE', 'register it too, under this type: a kind (plugin kind list), or unknown', {
    suggest: pluginTypes,
  }),
  runtime: text('NAME', 'with -register: the plugin runtime'),
  engine: engineFlag,
  socket_directory: socketDirectoryFlag,
  directory: directoryFlag,
  field: fieldFlag,
  format: formatFlag,
};

export type BuildFlags = FlagValues<typeof buildFlags>;

export const build = command({
  name: 'build',
  summary: 'pack a static program, or a folder with a plugin for Node.js, into an image, and load it',
  details: [
    'Needs no Dockerfile, no registry and no network. The image holds the plugin and nothing else (for a folder also Node.js, and with -with_ca and -with_tz data of this machine, which labels of the image name); the same input gives the same image.',
  ],
  examples: [
    'image build ./kv -name=kv -version=0.24.0',
    'image build ./kv -name=kv -version=0.24.0 -register=secret',
    'image build ./plugin -name=counter -main=dist/main.js',
    'image build ./kv -name=kv -output=kv.tar',
    'image build ./cloud -name=cloud -with-ca -with-tz',
  ],
  positionals: [{ name: 'BINARY|FOLDER', complete: 'file' }],
  flags: buildFlags,
  async run({ args: [source], flags }, context) {
    const { terminal, signal, did } = context;
    checkFlags(flags);
    checkField(flags.field, ['image', 'id', 'architecture']);
    const tag = flags.tag ?? `localhost/${flags.name}:${flags.version ?? 'latest'}`;
    const registration =
      flags.register === undefined ? undefined : registrationOf(flags.register, tag, flags);
    const directory = directoryOf(flags.directory, context);
    // What can't be registered is refused before the engine is given an image.
    if (registration !== undefined) await checkRegistration(registration, directory);
    const image = await pack(source, tag, flags, signal);
    if (flags.output !== undefined) {
      await writeUserStream(flags.output, image, signal);
    } else {
      const { loadImage } = await lazyModules.images();
      await withEngine({ socketPath: flags.engine, signal }, (engine) =>
        loadImage(engine, image, { signal }),
      );
      did(`the image ${tag} was loaded`);
    }
    if (registration !== undefined) await probed(directory, registration, flags, context);
    const data = { image: tag, id: image.imageId, architecture: image.architecture };
    const lines = () => [
      `Success! ${flags.output === undefined ? 'Loaded' : `Wrote ${flags.output}, with`} image: ${plainText(tag)}`,
      ...(flags.register === undefined ? [] : [`Success! Registered plugin: ${plainText(flags.name)}`]),
    ];
    printData(terminal, flags.format, data, lines, flags);
    return exitCodes.ok;
  },
});

function checkFlags({ output, register, runtime }: BuildFlags): void {
  if (output !== undefined && register !== undefined) {
    throw new UsageError("-output writes a file that no engine has yet, so the plugin can't be registered");
  }
  if (runtime !== undefined && register === undefined) throw new UsageError('-runtime is only for -register');
}

function registrationOf(
  type: string,
  ociImage: string,
  { name, version, runtime }: BuildFlags,
): PluginRegistration {
  return { type, name, version, ociImage, runtime };
}

/** @throws InvalidOptionError, EntryNotFoundError for the runtime, StoreError */
async function checkRegistration(
  registration: PluginRegistration,
  directory: CatalogDirectory,
): Promise<void> {
  const { runtime } = registration;
  const { toPluginEntry } = await lazyModules.catalog();
  toPluginEntry(registration);
  const { runtimes } = await openCatalogs(directory);
  if (runtime === undefined) await runtimes.list();
  else await runtimes.info(runtime);
}

async function pack(
  source: string,
  tag: string,
  flags: BuildFlags,
  signal: AbortSignal,
): Promise<PackedImage> {
  const env = Object.fromEntries(flags.env.map((entry) => pair('-env', entry)));
  const common = {
    tag,
    args: flags.args,
    user: flags.user,
    env,
    withCertificates: flags.with_ca,
    withTimeZones: flags.with_tz,
    signal,
  };
  const found = await stat(source).catch((error: unknown) => {
    throw unusable(source, 'read', error);
  });
  if (found.isDirectory()) {
    if (flags.file_capability.length > 0 || flags.with_libraries) {
      throw new UsageError('-file_capability and -with_libraries are for a program, not for a folder');
    }
    const { packFolder } = await import('./pack-folder.ts');
    return packFolder(source, common, flags);
  }
  if (flags.main !== undefined || flags.package.length > 0) {
    throw new UsageError(`-main and -package are for a folder, which ${source} is not`);
  }
  const { packBinaryPlugin } = await lazyModules.images();
  return packBinaryPlugin({
    ...common,
    binary: source,
    fileCapabilities: flags.file_capability,
    withLibraries: flags.with_libraries,
  });
}
