import { checkImageLimit } from './limits.ts';
import type { FileCapabilities } from '../../program/file-capabilities.ts';
import type { ScannedProgram } from './program-scan.ts';

/** What is remembered of one path of an image. */
export interface IndexedFile {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly size: number;
  readonly target?: string | undefined;
  readonly capabilities?: FileCapabilities | undefined;
  /** The content of files that were wanted. */
  readonly text?: string | undefined;
  readonly program?: ScannedProgram | undefined;
  /** A hard link has here the path, in its layer, of the entry that has the content. */
  readonly linkedTo?: string | undefined;
  /** Why what was wanted of it is not known. */
  readonly unread?: string | undefined;
}

/** A path: what is there, and what is below it. A folder without an entry of its own has no file. */
export interface TreeNode {
  file: IndexedFile | undefined;
  children: Map<string, TreeNode> | undefined;
  /** Names that this layer takes away from the layers below. */
  gone: Set<string> | undefined;
  /** Whether this layer takes everything away that the layers below have in this folder. */
  opaque: boolean;
}

/** Image specification, layer.md: a file `.wh.NAME` takes NAME away, `.wh..wh..opq` all that was in its folder. */
const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';

/** Counts what all trees of an image have together. */
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

/** The files of one layer by the parts of their paths, so that taking a folder away is one step however much is in it. */
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

/** Whether a path says that something is taken away, and is no file. */
export function isWhiteout(path: string): boolean {
  return path.startsWith(whiteoutPrefix, path.lastIndexOf('/') + 1);
}

function newNode(): TreeNode {
  return { file: undefined, children: undefined, gone: undefined, opaque: false };
}
