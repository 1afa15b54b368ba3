import { posix } from 'node:path';
import type { ImagePlace } from '../image-facts.ts';
import type { IndexedFile, LayerTree, TreeNode } from './layer-tree.ts';
import { checkImageLimit, imageLimits } from './limits.ts';
import type { Slices } from './slices.ts';

const mostLinks = 40;

/** How many files and folders below a path are counted. */
const mostCounted = 1000;

export interface ResolvedFile {
  /** Path with links followed. */
  readonly path: string;
  readonly file: IndexedFile;
}

/** Where a walk along a path has ended. */
interface WalkEnd {
  readonly names: readonly string[];
  readonly node: TreeNode;
  /** The parts of the path that do not exist; empty where all of them do. */
  readonly missing: readonly string[];
}

/** The files of an image: all its layers, one on top of the other. */
export class ImageIndex {
  readonly #root: TreeNode;
  readonly #names: ReadonlySet<string>;
  #steps = 0;

  private constructor(root: TreeNode, names: ReadonlySet<string>) {
    this.#root = root;
    this.#names = names;
  }

  /**
   * Merges the layers, beginning with the lowest. Each node of each layer is visited once; the layers can't be used
   * afterwards.
   *
   * @throws the signal's reason
   */
  static async of(layers: readonly LayerTree[], slices: Slices): Promise<ImageIndex> {
    const root: TreeNode = { file: undefined, children: undefined, gone: undefined, opaque: false };
    let visited = 0;
    const visit = () => {
      visited += 1;
      // An archive may name one layer many times.
      checkImageLimit('entries', visited, `${visited} files and folders of layers to lay on each other`);
      return slices.step();
    };
    for (const layer of layers) await lay(root, layer.root, visit);
    return new ImageIndex(root, await namesOf(root, slices));
  }

  /**
   * Returns what `path` leads to when links are followed; `undefined` where there is nothing.
   *
   * @throws {ImageLimitError} when all searches of this index together take too long
   */
  resolve(path: string): ResolvedFile | undefined {
    const end = this.#walk(path);
    const file = end === 'circle' || end.missing.length > 0 ? undefined : end.node.file;
    return file && { path: pathOf(end as WalkEnd), file };
  }

  /** Whether the root has a link of this name. */
  hasLinkAtRoot(name: string): boolean {
    return this.#root.children?.get(name)?.file?.type === 'symlink';
  }

  /** Whether `path` leads in a circle of links, or through more links than Linux follows. */
  isCircle(path: string): boolean {
    return this.#walk(path) === 'circle';
  }

  /**
   * Says what is at a path and below it.
   *
   * @param path absolute and normal
   * @throws {ImageLimitError} as {@link resolve}; the signal's reason
   */
  async describe(path: string, slices: Slices): Promise<ImagePlace> {
    const end = this.#walk(path);
    const nothing = { path, files: 0, folders: 0 };
    if (end === 'circle') return { ...nothing, kind: 'circle' };
    const leadsTo = pathOf(end);
    if (end.missing.length > 0) return { ...nothing, leadsTo, kind: 'missing' };
    const { node } = end;
    if (node.file !== undefined && node.file.type !== 'directory')
      return { ...nothing, leadsTo, kind: 'file' };
    return { path, leadsTo, kind: 'folder', ...(await this.#below(node, leadsTo, slices)) };
  }

  async #below(
    node: TreeNode,
    path: string,
    slices: Slices,
  ): Promise<Pick<ImagePlace, 'files' | 'folders' | 'example'>> {
    let [files, folders] = [0, 0];
    let file: string | undefined;
    let folder: string | undefined;
    const left = [{ node, path }];
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      for (const [name, child] of at.node.children ?? []) {
        this.#step();
        await slices.step();
        if (files + folders >= mostCounted) return { files, folders, example: file ?? folder };
        const below = at.path === '/' ? `/${name}` : `${at.path}/${name}`;
        if (child.file === undefined || child.file.type === 'directory') {
          folders += 1;
          folder ??= below;
          left.push({ node: child, path: below });
        } else {
          files += 1;
          file ??= below;
        }
      }
    }
    const example = file ?? folder;
    return { files, folders, ...(example !== undefined && { example }) };
  }

  #step(): void {
    this.#steps += 1;
    checkImageLimit('searchSteps', this.#steps, `${this.#steps} steps to find the program of the image`);
  }

  /** Walks along `path` and the links on it, up to the first part that does not exist. */
  #walk(path: string): WalkEnd | 'circle' {
    // The parts that are still to be walked, with the next one last: a link puts the parts of its target on top.
    const left = partsOf(path);
    let way: { readonly name: string; readonly node: TreeNode }[] = [];
    const end = (missing: readonly string[]): WalkEnd => ({
      names: way.map(({ name }) => name),
      node: way.at(-1)?.node ?? this.#root,
      missing,
    });
    if (path.length > imageLimits.pathBytes.most) return end(['']); // a longer path can't be opened
    for (let links = 0; ;) {
      this.#step();
      const name = left.pop();
      const at = way.at(-1)?.node ?? this.#root;
      if (name === undefined) return end([]);
      if (name === '..') {
        way.pop();
        continue;
      }
      const node = at.children?.get(name);
      if (node === undefined) return end([name, ...left.reverse()]);
      const { file } = node;
      if (file?.type !== 'symlink') {
        way.push({ name, node });
        continue;
      }
      links += 1;
      const target = file.target ?? '';
      if (target === '') return end([name]);
      if (links > mostLinks) return 'circle';
      if (target.startsWith('/')) way = [];
      left.push(...partsOf(target));
      if (left.length > imageLimits.pathBytes.most) return 'circle';
    }
  }

  /** Whether any folder has a file of this name. */
  hasName(name: string): boolean {
    return this.#names.has(name);
  }
}

function pathOf({ names, missing }: WalkEnd): string {
  return posix.join('/', ...names, ...missing);
}

/** Returns the parts in reverse order, without those that lead nowhere. */
function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}

async function lay(lower: TreeNode, upper: TreeNode, visit: () => Promise<void> | undefined): Promise<void> {
  const pairs = [{ lower, upper }];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const { lower, upper } = pair;
    // A path that is no longer a folder has nothing in it; one that becomes a folder begins empty.
    const isReplaced = upper.file !== undefined && upper.file.type !== 'directory';
    if (upper.opaque || isReplaced) lower.children = undefined;
    for (const name of upper.gone ?? []) {
      lower.children?.delete(name);
      await visit();
    }
    if (upper.file !== undefined) lower.file = upper.file;
    for (const [name, child] of upper.children ?? []) {
      lower.children ??= new Map();
      const below = lower.children.get(name);
      if (below === undefined) {
        const made: TreeNode = { file: undefined, children: undefined, gone: undefined, opaque: false };
        lower.children.set(name, made);
        pairs.push({ lower: made, upper: child });
      } else pairs.push({ lower: below, upper: child });
      await visit();
    }
  }
}

/** Returns the names of everything that has an entry. */
async function namesOf(root: TreeNode, slices: Slices): Promise<Set<string>> {
  const names = new Set<string>();
  const nodes = [root];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    for (const [name, child] of node.children ?? []) {
      if (child.file !== undefined) names.add(name);
      nodes.push(child);
      await slices.step();
    }
  }
  return names;
}
