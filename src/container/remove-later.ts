import type { Engine } from '../engine/index.ts';
import { lateDisposal } from './disposals.ts';
import { removeWhenMade, type LateThing } from './late-removal.ts';
import type { PlacedFolder } from './sockets/plugin-folder.ts';

/** Removes a container that could not be removed now when its engine answers again, and its folder after it. */
export function removeLater(
  engine: Engine,
  name: string,
  folder: Pick<PlacedFolder, 'parent' | typeof Symbol.asyncDispose>,
  { made, runtime }: Pick<LateThing, 'made' | 'runtime'>,
): void {
  const removed = async () => {
    await folder[Symbol.asyncDispose]();
    await lateDisposal(folder.parent);
  };
  removeWhenMade(engine, { kind: 'container', name, made, runtime, removed });
}
