/** A small image to run things in: Debian's static busybox, and nothing else. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { NotFoundError, type Engine } from '../../../src/engine/index.ts';

export const busyboxProgram = '/bin/busybox';
const busybox = busyboxProgram;
const applets = 'cat date dd echo env false head id kill ls mkdir seq sh sleep touch true yes'.split(' ');

export const testImage = 'localhost/bulkhead-test/busybox:1';

/** Why there is no image, or `undefined`. */
export const noBusybox = existsSync(busybox)
  ? undefined
  : `${busybox} is missing: run scripts/engines up, or install busybox-static`;

/** An uncompressed docker-archive with one layer. */
export async function busyboxArchive(
  tag: string,
  labels: Readonly<Record<string, string>> = {},
  more: object = {},
): Promise<Buffer> {
  const layer = tar.pack();
  const owned = { uid: 0, gid: 0, mtime: new Date(0) };
  layer.entry({ ...owned, name: 'bin', type: 'directory', mode: 0o755 });
  layer.entry({ ...owned, name: 'bin/busybox', mode: 0o755 }, readFileSync(busybox));
  for (const name of applets)
    layer.entry({ ...owned, name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
  layer.entry({ ...owned, name: 'tmp', type: 'directory', mode: 0o1777 });
  layer.finalize();
  const layerBytes = await buffer(layer);
  const config = {
    architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'], Labels: { purpose: 'test', ...labels }, ...more },
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layerBytes).digest('hex')}`] },
    history: [{ created: '2026-01-01T00:00:00Z', created_by: 'test' }],
  };
  const archive = tar.pack();
  archive.entry({ name: 'config.json' }, JSON.stringify(config));
  archive.entry({ name: 'layer.tar' }, layerBytes);
  archive.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: 'config.json', RepoTags: [tag], Layers: ['layer.tar'] }]),
  );
  archive.finalize();
  return buffer(archive);
}

/** Loads the image unless the engine has it. */
export async function ensureTestImage(engine: Engine): Promise<void> {
  try {
    await engine.images.inspect(testImage);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    await engine.images.load(await busyboxArchive(testImage));
  }
}
