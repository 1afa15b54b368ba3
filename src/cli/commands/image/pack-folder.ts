import { packNodePlugin, type PackedImage, type PackNodePluginOptions } from '../../../packing/index.ts';
import { UsageError } from '../../usage-error.ts';
import { mainModule } from './main-module.ts';
import { filesOfProject, productionPackages, readManifest } from './npm-project.ts';

/** Whether Node.js can run TypeScript; Node.js 22.10 and later tell. */
const runsTypeScript = Boolean((process.features as { readonly typescript?: string | false }).typescript);

/**
 * Packs a folder with a plugin for Node.js. For an npm project, the image gets what npm would publish and the packages
 * that it needs at run time; for any other folder, all files.
 */
export async function packFolder(
  directory: string,
  common: Omit<PackNodePluginOptions, 'main'>,
  given: { readonly main?: string | undefined; readonly package: readonly string[] },
): Promise<PackedImage> {
  const manifest = await readManifest(directory);
  const main = await mainModule(directory, manifest, given.main);
  if (main === undefined) {
    throw new UsageError(
      `which module of ${directory} is to be started? Give -main=FILE, or main in its package.json`,
    );
  }
  if (/\.[cm]?ts$/.test(main) && !runsTypeScript) {
    throw new UsageError(
      `this Node.js (${process.version}) can't run ${main}: compile it, and give the JavaScript as -main`,
    );
  }
  const files = await filesOfProject(directory, manifest, { target: '/plugin', signal: common.signal });
  const { needed, optional } = productionPackages(manifest);
  return packNodePlugin({
    ...common,
    ...(files === undefined ? { directory } : { files }),
    main,
    packages: given.package.length > 0 ? given.package : needed,
    optionalPackages: optional,
    packagesFrom: directory,
  });
}
