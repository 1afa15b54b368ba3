import type { EngineFacts } from '../engine-facts.ts';
import { checkFilter, checkGiven } from '../compatibility-checks.ts';
import { resolveUser } from '../container-user.ts';
import { valueOf } from '../fact.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { LaunchRequirements } from '../launch-verdict.ts';
import type { CellFilter, MatrixCell } from './matrix.ts';

/** A cell, with the engine whose facts decide and the requirements of the cell. */
export interface PlannedCell {
  readonly cell: MatrixCell;
  readonly engine: EngineFacts;
  readonly wishes: LaunchRequirements;
}

/** Runtimes for which a matrix has rows when none are asked for. */
export const usualRuntimes: readonly string[] = ['runc', 'crun', 'runsc'];
/** The user that images of plugins are usually given; the number is that of Google's distroless images. */
const usualUser = '65532:65532';

/** Lists every cell that passes the filter: engines in the given order, then runtime, user, mlock. */
export function planCells(
  engines: readonly EngineFacts[],
  image: ImageFacts,
  filter: CellFilter = {},
): PlannedCell[] {
  checkGiven('planCells', { engines, image });
  checkFilter('planCells', filter);
  const planned: PlannedCell[] = [];
  for (const services of grouped(engines)) {
    for (const runtime of filter.runtime ?? usualRuntimes) {
      const engine = services.find(({ runtimes }) => runtime in runtimes) ?? services[0];
      if (engine === undefined) continue;
      for (const user of ['root', 'non-root'] as const) {
        for (const mlock of [false, true]) {
          const mode = engine.rootless ? 'rootless' : 'rootful';
          const cell: MatrixCell = { engine: engine.kind, mode, runtime, user, mlock };
          if (passes(cell, filter))
            planned.push({ cell, engine, wishes: { runtime, user: userOf(user, image), mlock } });
        }
      }
    }
  }
  return planned;
}

/** Groups the engines. Services of one Podman that each run one runtime count as one engine. */
function grouped(engines: readonly EngineFacts[]): EngineFacts[][] {
  const groups = new Map<string, EngineFacts[]>();
  for (const engine of engines) {
    const { kind, rootless, version, socketPath } = engine;
    const own = kind === 'docker' ? socketPath : '';
    const key = JSON.stringify([kind, rootless, version, valueOf(engine.owner), own]);
    groups.set(key, [...(groups.get(key) ?? []), engine]);
  }
  return [...groups.values()];
}

function passes(cell: MatrixCell, { engine, mode, user, mlock }: CellFilter): boolean {
  return (
    (engine?.includes(cell.engine) ?? true) &&
    (mode?.includes(cell.mode) ?? true) &&
    (user?.includes(cell.user) ?? true) &&
    (mlock?.includes(cell.mlock) ?? true)
  );
}

/**
 * Returns the user to ask for. It is the image's own user where that is of the right kind, so that nothing is asked for
 * that the image has already.
 */
function userOf(user: MatrixCell['user'], image: ImageFacts): string | undefined {
  const own = valueOf(resolveUser(image.user, image.accounts))?.uid;
  if (user === 'root') return own === 0 ? undefined : '0:0';
  return own === undefined || own === 0 ? usualUser : undefined;
}
