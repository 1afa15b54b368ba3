import { posix } from 'node:path';
import type { ByteStream, Engine, InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { known, unknown, type Fact } from '../fact.ts';
import type { GoBuildFacts, ImageAccounts, ImageFacts, ProgramFacts } from '../image-facts.ts';
import type { ImageIndex, IndexedFile } from './image-index.ts';
import type { GoBuildInfo } from '../../program/go-build-info.ts';
import { readImageArchive } from './read-archive.ts';

/** What only the layers tell. */
export type ImageContents = Pick<ImageFacts, 'accounts' | 'program'>;

const goPlugin = 'github.com/hashicorp/go-plugin';
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const evidence = 'the layers of the image';

/**
 * Reads an image's accounts and its program out of its layers, as the engine saves them. What can't be read is unknown.
 *
 * @throws the signal's reason
 */
export async function readImageContents(
  engine: Engine,
  image: InspectedImage,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ImageContents> {
  const program = programName(image);
  try {
    const read = async (names: readonly string[]) => {
      await using archive: ByteStream = await engine.images.save(image.id, { signal });
      return await readImageArchive(archive, { texts: ['etc/passwd', 'etc/group'], programs: names });
    };
    let index = await read(program === undefined ? [] : [posix.basename(program)]);
    let found = program === undefined ? undefined : findProgram(index, program, image);
    if (found?.file.type === 'file' && found.file.program === undefined) {
      // The entrypoint is a link to a file of another name, so the layers have to be read again for it.
      index = await read([found.path.slice(1)]);
      found = index.resolve(found.path);
    }
    return {
      accounts: known(accountsOf(index), evidence),
      program: programFacts(index, program, found, image),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof BulkheadError || error instanceof SyntaxError)) throw error;
    const reason = unknown(`the layers could not be read: ${error.message}`);
    return { accounts: reason, program: reason };
  }
}

/** What the container executes: the first word of entrypoint and command. */
function programName({ config }: InspectedImage): string | undefined {
  return config.entrypoint[0] ?? config.cmd[0];
}

/** A name without a slash is looked for as execvp does, with the image's PATH. */
function findProgram(index: ImageIndex, program: string, { config }: InspectedImage) {
  if (program.includes('/')) return index.resolve(posix.resolve('/', config.workingDir, program));
  const path = config.env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? usualPath;
  for (const folder of path.split(':')) {
    const found = index.resolve(posix.join(folder, program));
    if (found?.file.type === 'file') return found;
  }
  return undefined;
}

function programFacts(
  index: ImageIndex,
  name: string | undefined,
  found: { readonly path: string; readonly file: IndexedFile } | undefined,
  image: InspectedImage,
): Fact<ProgramFacts> {
  if (name === undefined) return unknown('the image names no program');
  if (found?.file.type !== 'file' || found.file.program === undefined) {
    const path = name.includes('/') ? posix.resolve('/', image.config.workingDir, name) : name;
    return known({ path, kind: 'missing', sizeBytes: 0, mode: 0 }, evidence);
  }
  const { path, file } = found;
  const { kind, outline, needed, go, interpreter = outline?.interpreter } = found.file.program;
  return known(
    {
      path,
      kind,
      sizeBytes: file.size,
      mode: file.mode,
      ...(outline && { machine: outline.machine }),
      ...(interpreter !== undefined && {
        interpreter: { path: interpreter, present: index.resolve(interpreter) !== undefined },
      }),
      ...(needed && {
        missingLibraries: needed.filter((library) => !index.hasName(posix.basename(library))),
      }),
      ...(file.capabilities && { fileCapabilities: file.capabilities }),
      ...(go && { go: goFacts(go) }),
    },
    evidence,
  );
}

function goFacts({ goVersion, modules }: GoBuildInfo): GoBuildFacts {
  const version = modules.get(goPlugin);
  return { goVersion, ...(version !== undefined && { goPlugin: version }) };
}

function accountsOf(index: ImageIndex): ImageAccounts {
  const lines = (path: string) => {
    const text = index.resolve(path)?.file.text ?? '';
    return text.split('\n').map((line) => line.split(':'));
  };
  return {
    users: lines('/etc/passwd').flatMap(([name, , uid, gid]) =>
      name !== undefined && isNumber(uid) && isNumber(gid)
        ? [{ name, uid: Number(uid), gid: Number(gid) }]
        : [],
    ),
    groups: lines('/etc/group').flatMap(([name, , gid]) =>
      name !== undefined && isNumber(gid) ? [{ name, gid: Number(gid) }] : [],
    ),
  };
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d+$/.test(text);
}
