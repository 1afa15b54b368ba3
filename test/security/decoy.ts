/** A tree of files that no attack may change: its owner, modes, contents and times are compared before and after. */
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Decoy extends AsyncDisposable {
  readonly path: string;
  /** A file in it. */
  readonly file: string;
  /** What is there by now, as text that can be compared. */
  snapshot(): Promise<string[]>;
}

export async function makeDecoy(parent: string): Promise<Decoy> {
  const path = await mkdtemp(join(parent, 'decoy-'));
  await chmod(path, 0o755);
  await mkdir(join(path, 'inner'));
  const file = join(path, 'secret');
  await writeFile(file, 'secret', { mode: 0o600 });
  await writeFile(join(path, 'inner', 'public'), 'public', { mode: 0o644 });
  return {
    path,
    file,
    snapshot: () => describe(path),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function describe(path: string): Promise<string[]> {
  const stats = await lstat(path);
  const { mode, uid, gid, mtimeMs, ctimeMs } = stats;
  const own = [path, mode.toString(8), uid, gid, mtimeMs, ctimeMs].join(' ');
  if (!stats.isDirectory()) return [`${own} ${stats.isFile() ? await readFile(path, 'utf8') : ''}`];
  const inside = await Promise.all((await readdir(path)).sort().map((name) => describe(join(path, name))));
  return [own, ...inside.flat()];
}
