import type { IndexedFile, LayerTree, TreeNode } from './layer-tree.ts';
import { checkImageLimit, imageLimits } from './limits.ts';
import type { Slices } from './slices.ts';

const mostLinks = 40;

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
  resolve(path: string): { readonly path: string; readonly file: IndexedFile } | undefined {
    if (path.length > imageLimits.pathBytes.most) return undefined; // a longer path can't be opened
    // The parts that are still to be walked, with the next one last: a link puts the parts of its target on top.
    const left = partsOf(path);
    let way: { readonly name: string; readonly node: TreeNode }[] = [];
    for (let links = 0; ;) {
      this.#steps += 1;
      checkImageLimit('searchSteps', this.#steps, `${this.#steps} steps to find the program of the image`);
      const name = left.pop();
      const at = way.at(-1)?.node ?? this.#root;
      if (name === undefined) break;
      if (name === '..') {
        way.pop();
        continue;
      }
      const node = at.children?.get(name);
      if (node === undefined) return undefined;
      const { file } = node;
      if (file?.type !== 'symlink') {
        way.push({ name, node });
        continue;
      }
      links += 1;
      const target = file.target ?? '';
      if (links > mostLinks || target === '') return undefined;
      if (target.startsWith('/')) way = [];
      left.push(...partsOf(target));
      if (left.length > imageLimits.pathBytes.most) return undefined;
    }
    const file = way.at(-1)?.node.file;
    return file && { path: `/${way.map(({ name }) => name).join('/')}`, file };
  }

  /** Whether any folder has a file of this name. */
  hasName(name: string): boolean {
    return this.#names.has(name);
  }
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
