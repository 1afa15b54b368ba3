import { posix } from 'node:path';
import type { ByteStream, Engine, InspectedImage } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { known, unknown, type Fact } from '../fact.ts';
import type { ImageAccounts, ImageFacts, ImagePlace, ProgramFacts } from '../image-facts.ts';
import { goPlugin } from './go-facts.ts';
import type { ImageIndex, ResolvedFile } from './image-index.ts';
import { checkImageLimit } from './limits.ts';
import { placesOf } from './places.ts';
import { readImageArchive, type Wanted } from './read-archive.ts';
import { searchedFolders } from './search-path.ts';
import { Slices } from './slices.ts';
import {
  programParts,
  startedFiles,
  startedPrograms,
  startedWords,
  type StartedWord,
} from './started-programs.ts';

/** Facts that only the layers tell. */
export type ImageContents = Pick<ImageFacts, 'accounts' | 'program' | 'places'>;

const evidence = 'the layers of the image';
const userFile = 'etc/passwd';
const groupFile = 'etc/group';
const accountFiles = [userFile, groupFile];

/**
 * Reads an image's accounts and its program from its layers, as the engine saves them, and what it has where its
 * volumes and its working directory are. What can't be read is unknown.
 *
 * @throws the signal's reason
 */
export async function readImageContents(
  engine: Engine,
  image: InspectedImage,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ImageContents> {
  const slices = new Slices(signal);
  const places = placesOf(image.config);
  try {
    const name = programName(image);
    const read = async (wanted: Wanted) => {
      await using archive: ByteStream = await engine.images.save(image.id, { signal });
      return await readImageArchive(archive, wanted, { signal });
    };
    const words = startedWords(image.config);
    const wanted = {
      texts: accountFiles,
      programs: name === undefined ? [] : [posix.basename(name)],
      started: new Set(words.flatMap(({ paths }) => paths.map(withoutSlash))),
    };
    let index = await read(wanted);
    const missed = whatLinksLeadTo(index, name, image, words);
    if (missed.texts.length + missed.programs.length + missed.started.size > 0) {
      // A link leads to a file of another name, so the layers have to be read again for that file.
      index = await read({
        texts: [...wanted.texts, ...missed.texts],
        programs: [...wanted.programs, ...missed.programs],
        started: new Set([...wanted.started, ...missed.started]),
      });
    }
    return {
      accounts:
        engine.kind === 'docker' && index.hasLinkAtRoot('etc')
          ? known(
              { users: [], groups: [] },
              'Docker lays a folder of its own over /etc, which is a link here',
            )
          : await accountsOf(index, slices),
      program: programFacts(index, name, image, words),
      ...(places.length > 0 && { places: known(await describeAll(index, places, slices), evidence) }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof BulkheadError || error instanceof SyntaxError)) throw error;
    const reason = unknown(`the layers could not be read: ${error.message}`);
    return { accounts: reason, program: reason, ...(places.length > 0 && { places: reason }) };
  }
}

/** Names of files that are wanted and exist, but were not looked into because they have another name. */
function whatLinksLeadTo(
  index: ImageIndex,
  name: string | undefined,
  image: InspectedImage,
  words: readonly StartedWord[],
): Wanted & { readonly started: ReadonlySet<string> } {
  const unread = (found: ResolvedFile | undefined): string[] => {
    if (found?.file.type !== 'file') return [];
    const { text, program, unread } = found.file;
    if (text !== undefined || program !== undefined || unread !== undefined) return [];
    return [found.file.linkedTo ?? withoutSlash(found.path)];
  };
  const isExecutable = (found: ResolvedFile): boolean => (found.file.mode & 0o111) !== 0;
  return {
    texts: accountFiles.flatMap((path) => unread(index.resolve(path))),
    programs: name === undefined ? [] : unread(findProgram(index, name, image)),
    started: new Set(
      startedFiles(index, words).flatMap(({ found }) => (isExecutable(found) ? unread(found) : [])),
    ),
  };
}

function withoutSlash(path: string): string {
  return path.replace(/^\/+/, '');
}

async function describeAll(
  index: ImageIndex,
  places: readonly string[],
  slices: Slices,
): Promise<readonly ImagePlace[]> {
  const described: ImagePlace[] = [];
  for (const path of places) described.push(await index.describe(path, slices));
  return described;
}

/** Returns what the container executes: the first word of entrypoint and command. */
function programName({ config }: InspectedImage): string | undefined {
  return config.entrypoint[0] ?? config.cmd[0];
}

/** Finds the program. A name without a slash is looked up as execvp does it, with the image's PATH. */
function findProgram(
  index: ImageIndex,
  program: string,
  { config }: InspectedImage,
): ResolvedFile | undefined {
  checkImageLimit('pathBytes', program.length, `a program whose name has ${program.length} characters`);
  if (program.includes('/')) return index.resolve(posix.resolve('/', config.workingDirectory, program));
  for (const folder of searchedFolders(config)) {
    const found = index.resolve(posix.join(folder, program));
    if (found?.file.type === 'file') return found;
  }
  return undefined;
}

function programFacts(
  index: ImageIndex,
  name: string | undefined,
  image: InspectedImage,
  words: readonly StartedWord[],
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
  const { kind, go } = file.program;
  const starts = go?.modules.has(goPlugin) === true ? [] : startedPrograms(index, words);
  return known(
    {
      path,
      kind,
      sizeBytes: file.size,
      mode: file.mode,
      ...programParts(index, found, file.program),
      ...(starts.length > 0 && { starts }),
    },
    evidence,
  );
}

async function accountsOf(index: ImageIndex, slices: Slices): Promise<Fact<ImageAccounts>> {
  const users: ImageAccounts['users'][number][] = [];
  const groups: ImageAccounts['groups'][number][] = [];
  for (const path of accountFiles) {
    if (index.isCircle(path)) return unknown(`/${path} leads in a circle of links`);
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
