import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { packNodePlugin, type PackedImage, type PackNodePluginOptions } from '../../../packing/index.ts';
import { UsageError } from '../../usage-error.ts';

const manifestSchema = z.object({
  main: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});

/** Node.js 22.10 and later say so. */
const runsTypeScript = Boolean((process.features as { readonly typescript?: string | false }).typescript);

/** A folder with a plugin for Node.js: what to start and what it needs is in its package.json, unless it is given. */
export async function packFolder(
  directory: string,
  common: Omit<PackNodePluginOptions, 'main'>,
  given: { readonly main?: string | undefined; readonly package: readonly string[] },
): Promise<PackedImage> {
  const manifest = await readManifest(directory);
  const main = given.main ?? manifest.main;
  if (main === undefined) {
    throw new UsageError(
      `which module of ${directory} is to be started? Give -main=FILE, or main in its package.json`,
    );
  }
  if (/\.[cm]?ts$/.test(main) && !runsTypeScript) {
    throw new UsageError(
      `this Node.js (${process.version}) does not run ${main}: compile it, and give the JavaScript as -main`,
    );
  }
  return packNodePlugin({
    ...common,
    directory,
    main,
    packages: given.package.length > 0 ? given.package : Object.keys(manifest.dependencies ?? {}),
  });
}

async function readManifest(directory: string): Promise<z.infer<typeof manifestSchema>> {
  const file = join(directory, 'package.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${file} is no package.json: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
}
