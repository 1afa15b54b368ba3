import { posix } from 'node:path';
import type { ByteStream, Engine, InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { known, unknown, type Fact } from '../fact.ts';
import type { GoBuildFacts, ImageAccounts, ImageFacts, ProgramFacts } from '../image-facts.ts';
import type { ImageIndex } from './image-index.ts';
import type { IndexedFile } from './layer-tree.ts';
import type { GoBuildInfo } from '../../program/go-build-info.ts';
import { checkImageLimit } from './limits.ts';
import { readImageArchive, type Wanted } from './read-archive.ts';
import { Slices } from './slices.ts';

/** Facts that only the layers tell. */
export type ImageContents = Pick<ImageFacts, 'accounts' | 'program'>;

const goPlugin = 'github.com/hashicorp/go-plugin';
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const evidence = 'the layers of the image';
const userFile = 'etc/passwd';
const groupFile = 'etc/group';
const accountFiles = [userFile, groupFile];

interface Found {
  readonly path: string;
  readonly file: IndexedFile;
}

/**
 * Reads an image's accounts and its program from its layers, as the engine saves them. What can't be read is unknown.
 *
 * @throws the signal's reason
 */
export async function readImageContents(
  engine: Engine,
  image: InspectedImage,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ImageContents> {
  const slices = new Slices(signal);
  try {
    const name = programName(image);
    const read = async (wanted: Wanted) => {
      await using archive: ByteStream = await engine.images.save(image.id, { signal });
      return await readImageArchive(archive, wanted, { signal });
    };
    const wanted: Wanted = {
      texts: accountFiles,
      programs: name === undefined ? [] : [posix.basename(name)],
    };
    let index = await read(wanted);
    const missed = whatLinksLeadTo(index, name, image);
    if (missed.texts.length + missed.programs.length > 0) {
      // A link leads to a file of another name, so the layers have to be read again for that file.
      index = await read({
        texts: [...wanted.texts, ...missed.texts],
        programs: [...wanted.programs, ...missed.programs],
      });
    }
    return {
      accounts: await accountsOf(index, slices),
      program: programFacts(index, name, image),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof BulkheadError || error instanceof SyntaxError)) throw error;
    const reason = unknown(`the layers could not be read: ${error.message}`);
    return { accounts: reason, program: reason };
  }
}

/** Names of files that are wanted and exist, but were not looked into because they have another name. */
function whatLinksLeadTo(index: ImageIndex, name: string | undefined, image: InspectedImage): Wanted {
  const unread = (found: Found | undefined): string[] => {
    if (found?.file.type !== 'file') return [];
    const { text, program, unread } = found.file;
    if (text !== undefined || program !== undefined || unread !== undefined) return [];
    return [found.file.linkedTo ?? found.path.slice(1)];
  };
  return {
    texts: accountFiles.flatMap((path) => unread(index.resolve(path))),
    programs: name === undefined ? [] : unread(findProgram(index, name, image)),
  };
}

/** Returns what the container executes: the first word of entrypoint and command. */
function programName({ config }: InspectedImage): string | undefined {
  return config.entrypoint[0] ?? config.cmd[0];
}

/** Finds the program. A name without a slash is looked up as execvp does it, with the image's PATH. */
function findProgram(index: ImageIndex, program: string, { config }: InspectedImage): Found | undefined {
  checkImageLimit('pathBytes', program.length, `a program whose name has ${program.length} characters`);
  if (program.includes('/')) return index.resolve(posix.resolve('/', config.workingDirectory, program));
  const path = config.env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? usualPath;
  checkImageLimit('searchPathBytes', path.length, `a PATH of ${path.length} characters`);
  for (const folder of path.split(':')) {
    const found = index.resolve(posix.join(folder, program));
    if (found?.file.type === 'file') return found;
  }
  return undefined;
}

function programFacts(
  index: ImageIndex,
  name: string | undefined,
  image: InspectedImage,
): Fact<ProgramFacts> {
  if (name === undefined) return unknown('the image names no program');
  const found = findProgram(index, name, image);
  if (found?.file.type !== 'file') {
    const path = name.includes('/') ? posix.resolve('/', image.config.workingDirectory, name) : name;
    return known({ path, kind: 'missing', sizeBytes: 0, mode: 0 }, evidence);
  }
  const { path, file } = found;
  const why = file.unread ?? file.program?.beyond;
  if (why !== undefined || file.program === undefined) {
    return unknown(`the program ${path} could not be read: ${why ?? 'its layer has it under another name'}`);
  }
  const { kind, outline, needed, go, interpreter = outline?.interpreter } = file.program;
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

async function accountsOf(index: ImageIndex, slices: Slices): Promise<Fact<ImageAccounts>> {
  const users: ImageAccounts['users'][number][] = [];
  const groups: ImageAccounts['groups'][number][] = [];
  for (const path of accountFiles) {
    const file = index.resolve(path)?.file;
    if (file?.type === 'file' && file.text === undefined) {
      return unknown(`/${path} could not be read: ${file.unread ?? 'its layer has it under another name'}`);
    }
    for (const line of (file?.text ?? '').split('\n')) {
      await slices.step();
      const [name = '', , first, second] = line.split(':', 4);
      const [id, gid] = [idOf(first), idOf(second)];
      if (path === groupFile && id !== undefined) groups.push({ name, gid: id });
      if (path === userFile && id !== undefined && gid !== undefined) users.push({ name, uid: id, gid });
    }
  }
  return known({ users, groups }, evidence);
}

/** Parses a user or group id, which the kernel limits to 32 bits. */
function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id < 2 ** 32 - 1 ? id : undefined;
}
