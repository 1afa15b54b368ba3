/**
 * Finds the programs that an entrypoint starts. Many images start their plugin through a wrapper such as tini, gosu or a
 * shell, which says nothing about the plugin; the wrapper's arguments name it.
 */
import { posix } from 'node:path';
import type { InspectedImage } from '../../engine/index.ts';
import type { StartedProgramFacts } from '../image-facts.ts';
import { goFacts } from './go-facts.ts';
import type { ImageIndex, ResolvedFile } from './image-index.ts';
import { imageLimits } from './limits.ts';
import type { ScannedProgram } from './program-scan.ts';
import { searchedFolders } from './search-path.ts';

/** Folders of a PATH in which a word is looked up. The usual ones have six. */
const mostFolders = 32;

/** A word of the arguments that may name a program, and the paths at which that would be. */
export interface StartedWord {
  readonly paths: readonly string[];
  readonly namedBy: StartedProgramFacts['namedBy'];
}

/** Returns the words after the program that may name another one; no more than the limit `startedPrograms`. */
export function startedWords(config: InspectedImage['config']): StartedWord[] {
  const { entrypoint, cmd } = config;
  const named = [
    ...entrypoint.map((word) => ({ word, namedBy: 'entrypoint' as const })),
    ...cmd.map((word) => ({ word, namedBy: 'command' as const })),
  ];
  const words: StartedWord[] = [];
  for (const { word, namedBy } of named.slice(1)) {
    // A shell gets a whole command as one word.
    for (const name of word.split(/[\s;&|()<>"'`]+/)) {
      if (words.length === imageLimits.startedPrograms.most) return words;
      if (/^[\w.+/-]+$/.test(name) && !name.startsWith('-'))
        words.push({ paths: pathsOf(name, config), namedBy });
    }
  }
  return words;
}

function pathsOf(name: string, config: InspectedImage['config']): string[] {
  if (name.length > imageLimits.pathBytes.most) return [];
  if (name.includes('/')) return [posix.resolve('/', config.workingDirectory, name)];
  return searchedFolders(config)
    .slice(0, mostFolders)
    .map((folder) => posix.resolve('/', folder, name));
}

/** Returns the first file that each word leads to. */
export function startedFiles(
  index: ImageIndex,
  words: readonly StartedWord[],
): { readonly found: ResolvedFile; readonly namedBy: StartedWord['namedBy'] }[] {
  return words.flatMap(({ paths, namedBy }) => {
    for (const path of paths) {
      const found = index.resolve(path);
      if (found?.file.type === 'file') return [{ found, namedBy }];
    }
    return [];
  });
}

/** Says what is known about the programs that the words name. Files that can't be executed are not among them. */
export function startedPrograms(index: ImageIndex, words: readonly StartedWord[]): StartedProgramFacts[] {
  return startedFiles(index, words).flatMap(({ found, namedBy }) => {
    const { path, file } = found;
    const { program } = file;
    if (program === undefined || (file.mode & 0o111) === 0) return [];
    // Nothing is said about a program that can't be read, but that it is there.
    if (program.beyond !== undefined || file.unread !== undefined)
      return [{ path, kind: program.kind, namedBy }];
    return [{ path, kind: program.kind, namedBy, ...programParts(index, found, program) }];
  });
}

/** What is known of a program that was read, in the same words for the one that a container starts and for others. */
export function programParts(
  index: ImageIndex,
  { file: { capabilities } }: ResolvedFile,
  { outline, needed, go, interpreter = outline?.interpreter }: ScannedProgram,
): Omit<StartedProgramFacts, 'path' | 'kind' | 'namedBy'> {
  return {
    ...(outline && { machine: outline.machine }),
    ...(interpreter !== undefined && {
      interpreter: { path: interpreter, present: index.resolve(interpreter) !== undefined },
    }),
    ...(needed && {
      missingLibraries: needed.filter((library) => !index.hasName(posix.basename(library))),
    }),
    ...(capabilities && { fileCapabilities: capabilities }),
    ...(go && { go: goFacts(go) }),
  };
}
