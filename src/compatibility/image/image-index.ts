import { posix } from 'node:path';
import type { FileCapabilities } from '../../program/file-capabilities.ts';
import type { ScannedProgram } from './program-scan.ts';

/** What is remembered of one path of an image. */
export interface IndexedFile {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly size: number;
  readonly target?: string | undefined;
  readonly capabilities?: FileCapabilities | undefined;
  /** Of files that were wanted. */
  readonly text?: string | undefined;
  readonly program?: ScannedProgram | undefined;
}

/** Paths of one layer, without a leading slash; `null` for what the layer takes away. */
export type LayerIndex = Map<string, IndexedFile | null>;

/** Image specification, layer.md: a file `.wh.NAME` takes NAME away, `.wh..wh..opq` all that was in its folder. */
const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';

const mostLinks = 40;

/** The files of an image: its layers, one on the other. */
export class ImageIndex {
  readonly #files = new Map<string, IndexedFile>();

  constructor(layers: Iterable<LayerIndex>) {
    for (const layer of layers) this.#apply(layer);
  }

  /** What `path` leads to, with links followed. `undefined` where there is nothing. */
  resolve(path: string): { readonly path: string; readonly file: IndexedFile } | undefined {
    let left = posix.normalize(`/${path}`).split('/').slice(1);
    let at = '';
    for (let links = 0; left.length > 0;) {
      const [name = '', ...rest] = left;
      const next = at === '' ? name : `${at}/${name}`;
      const file = this.#files.get(next);
      if (file?.type === 'symlink') {
        links += 1;
        if (links > mostLinks) return undefined;
        const target = posix.resolve(`/${at}`, file.target ?? '');
        left = [...target.split('/').slice(1), ...rest].filter((part) => part !== '');
        at = '';
        continue;
      }
      if (rest.length === 0) return file === undefined ? undefined : { path: `/${next}`, file };
      at = next;
      left = rest;
    }
    return undefined;
  }

  /** Whether any folder has a file of this name. */
  hasName(name: string): boolean {
    for (const path of this.#files.keys()) if (path === name || path.endsWith(`/${name}`)) return true;
    return false;
  }

  #apply(layer: LayerIndex): void {
    for (const path of layer.keys()) {
      const name = posix.basename(path);
      if (!name.startsWith(whiteoutPrefix)) continue;
      const folder = posix.dirname(path);
      const parent = folder === '.' ? '' : `${folder}/`;
      this.#remove(
        name === opaqueName ? parent : `${parent}${name.slice(whiteoutPrefix.length)}`,
        name === opaqueName,
      );
    }
    for (const [path, file] of layer) if (file !== null) this.#files.set(path, file);
  }

  #remove(path: string, onlyBelow: boolean): void {
    const below = onlyBelow ? path : `${path}/`;
    for (const known of [...this.#files.keys()]) {
      if ((!onlyBelow && known === path) || known.startsWith(below)) this.#files.delete(known);
    }
  }
}

/** A layer's own whiteouts are remembered as taken away. */
export function isWhiteout(path: string): boolean {
  return posix.basename(path).startsWith(whiteoutPrefix);
}
