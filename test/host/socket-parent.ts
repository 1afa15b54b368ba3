import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestEngine } from '../engines/engines.ts';

/** A folder of the test's own for socket directories, so that what is left in it is the test's own. */
export async function ownSocketParent(
  engine: Pick<TestEngine, 'shareDirectory'>,
): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(engine.shareDirectory, 'host-'));
  await chmod(path, 0o755); // the engine's user has to get through
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}
