import { checkImageLimit } from './limits.ts';
import type { FileCapabilities } from '../../program/file-capabilities.ts';
import type { ScannedProgram } from './program-scan.ts';

/** What is remembered about one path of an image. */
export interface IndexedFile {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly size: number;
  readonly target?: string | undefined;
  readonly capabilities?: FileCapabilities | undefined;
  /** The content, for files whose text was wanted. */
  readonly text?: string | undefined;
  readonly program?: ScannedProgram | undefined;
  /** For a hard link: the path, in its layer, of the entry that has the content. */
  readonly linkedTo?: string | undefined;
  /** Why something that was wanted about it is not known. */
  readonly unread?: string | undefined;
}

/** A path, with what is there and what is below it. A folder without an entry of its own has no file. */
export interface TreeNode {
  file: IndexedFile | undefined;
  children: Map<string, TreeNode> | undefined;
  /** Names that this layer removes from the layers below. */
  gone: Set<string> | undefined;
  /** Whether this layer removes everything that the layers below have in this folder. */
  opaque: boolean;
}

/**
 * Prefix of whiteouts (image specification, layer.md): a file `.wh.NAME` removes NAME, `.wh..wh..opq` removes
 * everything that was in its folder.
 */
const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';

/** Counts the nodes of all trees of an image together. */
export class TreeCount {
  #entries = 0;
  #files = 0;
  #nameBytes = 0;

  entry(path: string, linkName: string): void {
    this.#entries += 1;
    checkImageLimit('entries', this.#entries, `${this.#entries} entries in the layers`);
    const longest = Math.max(path.length, linkName.length);
    checkImageLimit('pathBytes', longest, `a path of ${longest} characters in a layer`);
    this.#nameBytes += path.length + linkName.length;
    checkImageLimit('nameBytes', this.#nameBytes, `${this.#nameBytes} characters of paths in the layers`);
  }

  file(): void {
    this.#files += 1;
    checkImageLimit('files', this.#files, `${this.#files} files and folders in the layers`);
  }
}

/** The files of one layer as a tree of path parts, so that removing a folder is one step however much is in it. */
export class LayerTree {
  readonly root: TreeNode = newNode();
  readonly #count: TreeCount;

  constructor(count: TreeCount) {
    this.#count = count;
  }

  /** @param path without a slash at its ends */
  set(path: string, file: IndexedFile): void {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const folder = this.#make(slash === -1 ? '' : path.slice(0, slash));
    if (name === opaqueName) folder.opaque = true;
    else if (name.startsWith(whiteoutPrefix)) {
      folder.gone ??= new Set();
      if (!folder.gone.has(name)) this.#count.file();
      folder.gone.add(name.slice(whiteoutPrefix.length));
    } else this.#child(folder, name).file = file;
  }

  get(path: string): IndexedFile | undefined {
    let node: TreeNode | undefined = this.root;
    for (const part of path.split('/')) node = node?.children?.get(part);
    return node?.file;
  }

  #make(folder: string): TreeNode {
    let node = this.root;
    if (folder !== '') for (const part of folder.split('/')) node = this.#child(node, part);
    return node;
  }

  #child(node: TreeNode, name: string): TreeNode {
    node.children ??= new Map();
    const present = node.children.get(name);
    if (present !== undefined) return present;
    this.#count.file();
    const made = newNode();
    node.children.set(name, made);
    return made;
  }
}

/** Whether a path marks something as removed and is not a file. */
export function isWhiteout(path: string): boolean {
  return path.startsWith(whiteoutPrefix, path.lastIndexOf('/') + 1);
}

function newNode(): TreeNode {
  return { file: undefined, children: undefined, gone: undefined, opaque: false };
}
