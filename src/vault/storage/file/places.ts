/**
 * Where a key has its file: a folder for each part of the key but the last, with encrypted names. A name that is too
 * long for a file system continues in the folder that is named after its beginning.
 */
import { join } from 'node:path';
import { openName, sealName, type SealingKeys } from './sealing.ts';

const endings = { entry: '.entry', folder: '.folder', begin: '.begin' } as const;
/** With its ending, a piece is well below the 255 bytes that file systems allow. */
const longestPiece = 200;

export interface Place {
  /** Folder of the file. */
  readonly folder: string;
  readonly path: string;
}

/** @param root the folder of the entries */
export function entryPlace(keys: SealingKeys, root: string, key: string): Place {
  const parts = key.split('/');
  const name = parts.pop() ?? '';
  const parent = parts.map((part) => `${part}/`).join('');
  const pieces = piecesOf(sealName(keys, parent, name));
  const last = pieces.pop() ?? '';
  const folder = join(folderPlace(keys, root, parent), ...pieces.map((piece) => piece + endings.begin));
  return { folder, path: join(folder, last + endings.entry) };
}

/** @param parent folders of a key, each with its slash */
export function folderPlace(keys: SealingKeys, root: string, parent: string): string {
  let path = root;
  let above = '';
  for (const part of parent.split('/').slice(0, -1)) {
    const pieces = piecesOf(sealName(keys, above, part));
    const last = pieces.pop() ?? '';
    path = join(path, ...pieces.map((piece) => piece + endings.begin), last + endings.folder);
    above += `${part}/`;
  }
  return path;
}

export type Found =
  | { readonly kind: 'entry' | 'folder'; readonly name: string }
  /** More pieces of a long name are in this folder. */
  | { readonly kind: 'begin'; readonly piece: string };

/**
 * @param begin the pieces of a long name that led to this file
 * @returns `undefined` for a file name that no key has below this parent
 */
export function foundAt(
  keys: SealingKeys,
  parent: string,
  begin: string,
  fileName: string,
): Found | undefined {
  const dot = fileName.lastIndexOf('.');
  const [piece, ending] = [fileName.slice(0, dot), fileName.slice(dot)];
  if (ending === endings.begin && piece.length === longestPiece) return { kind: 'begin', piece };
  if (ending !== endings.entry && ending !== endings.folder) return undefined;
  const name = openName(keys, parent, begin + piece);
  if (name === undefined) return undefined;
  return { kind: ending === endings.entry ? 'entry' : 'folder', name };
}

function piecesOf(sealed: string): string[] {
  const pieces: string[] = [];
  // The last piece is never empty: a name that fills its pieces exactly has no empty one behind them.
  for (let at = 0; at < sealed.length; at += longestPiece) pieces.push(sealed.slice(at, at + longestPiece));
  return pieces;
}
