/**
 * A folder with a package.json as npm sees it: which files belong to the package, and which packages it needs at run
 * time.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ImageFile } from '../../../packing/index.ts';
import { UsageError } from '../../usage-error.ts';

const names = z.record(z.string(), z.string()).optional();
const manifestSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  main: z.string().optional(),
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
  exports: z.unknown().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** @throws UsageError for an invalid package.json; without the file, the result is empty */
export async function readManifest(directory: string): Promise<Manifest> {
  const file = join(directory, 'package.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(
      `${file} is not a valid package.json: ${(error as Error).message.split('\n')[0] ?? ''}`,
    );
  }
}

/**
 * The packages that the project needs at run time. npm lists optional ones, which may be absent, in both places, and
 * installs peers.
 */
export function productionPackages(manifest: Manifest): { needed: string[]; optional: string[] } {
  const optional = Object.keys({ ...manifest.peerDependencies, ...manifest.optionalDependencies }).filter(
    (name) => !(name in (manifest.dependencies ?? {})) || name in (manifest.optionalDependencies ?? {}),
  );
  const needed = Object.keys(manifest.dependencies ?? {}).filter((name) => !optional.includes(name));
  return { needed, optional };
}

const packReport = z.array(z.object({ files: z.array(z.object({ path: z.string(), mode: z.number() })) }));

/**
 * The files that `npm pack` would put into the package, as files of an image. npm is asked because `files`,
 * `.npmignore` and `.gitignore` have too many rules to implement them a second time. None of the project's scripts is
 * run.
 *
 * @returns undefined where npm can't tell, because a project without a name and a version can't be packed
 * @throws UsageError when npm is missing, or refuses the project
 */
export async function filesOfProject(
  directory: string,
  manifest: Manifest,
  { target, signal }: { target: string; signal: AbortSignal | undefined },
): Promise<ImageFile[] | undefined> {
  if (manifest.name === undefined || manifest.version === undefined) return undefined;
  const [report] = packReport.parse(JSON.parse(await npmPack(directory, signal)));
  return (report?.files ?? [])
    .filter(({ path }) => !path.startsWith('node_modules/')) // bundled packages are packed with the packages
    .map(({ path, mode }) => ({
      path: posix.join(target, path),
      content: { file: join(directory, path) },
      mode: (mode & 0o111) === 0 ? 0o644 : 0o755,
    }));
}

async function npmPack(directory: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: directory,
      env: npmEnvironment(),
      maxBuffer: 64 * 1024 * 1024,
      ...(signal !== undefined && { signal }),
    });
    return stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const why =
      code === 'ENOENT'
        ? 'npm, which tells what belongs to it, is not installed'
        : (/npm error (?!code )(.*)/.exec(stderr)?.[1] ?? (error as Error).message);
    throw new UsageError(`the npm project in ${directory} can't be packed: ${why}`);
  }
}

/** What npm needs to find itself, its settings and its cache. Other variables may hold secrets and are not passed on. */
function npmEnvironment(): Record<string, string> {
  const names = /^(PATH|HOME|TMPDIR|npm_config_(cache|userconfig|globalconfig|prefix))$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && names.test(name) ? [[name, value]] : [],
    ),
  );
}
