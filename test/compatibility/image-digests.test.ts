/** The digests below the one by which an engine names an image are read from what it saves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { innerDigests } from '../../src/compatibility/internal.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';
import {
  attestation,
  elsewhere,
  ociArchive,
  withLayer,
  type Variant,
} from '../engine/support/oci-archive.ts';

const platform = { os: 'linux', architecture: 'amd64' };

async function builtHere(content: string): Promise<Variant> {
  return { ...(await withLayer(platform, { plugin: content })), platform };
}

function layersOf({ config }: Variant): unknown {
  return (config['rootfs'] as { diff_ids: unknown }).diff_ids;
}

/** What is read of these variants, where the engine saves the one with this number, and inspected the one with the other. */
async function read(variants: readonly Variant[], saved: number, inspected = saved) {
  const archive = await ociArchive('localhost/web:1', variants, { saved });
  const body = {
    Id: archive.index,
    Architecture: 'amd64',
    Os: 'linux',
    RootFS: { Layers: layersOf(variants[inspected] ?? variants[0] ?? assert.fail()) },
  };
  await using server = await startRecordingServer({
    answer: ({ path }) => ({ body: path.endsWith('/images/get') ? archive.bytes : body }),
  });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  const image = await engine.images.inspect('localhost/web:1');
  const digests = await innerDigests(engine, image);
  assert.deepEqual(await innerDigests(engine, image), digests);
  return { digests, archive, saves: server.requests.filter(({ path }) => path.endsWith('/get')).length };
}

describe('digests of an image in the store of containerd', () => {
  it('are those of the variant that runs here, and are read once', async () => {
    const here = await builtHere('here');
    const variants = [await elsewhere(here, 'arm64', { plugin: 'there' }), here, await attestation('x')];
    const { digests, archive, saves } = await read(variants, 1);
    const [, own] = archive.variants;
    assert.deepEqual(digests, { configuration: own?.configuration, manifests: [own?.manifest] });
    assert.equal(saves, 1);
  });

  it('are read anew where the same index stands for another image by now', async () => {
    const variants = [await builtHere('one'), await builtHere('another')];
    const archives = [0, 1].map((saved) => ociArchive('localhost/web:1', variants, { saved }));
    let now = 0;
    await using server = await startRecordingServer({
      answer: async ({ path }) => {
        const archive = (await archives[now]) ?? assert.fail();
        if (path.endsWith('/images/get')) return { body: archive.bytes };
        const Layers = layersOf(variants[now] ?? assert.fail());
        return { body: { Id: archive.index, Architecture: 'amd64', Os: 'linux', RootFS: { Layers } } };
      },
    });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    for (now of [0, 1]) {
      const digests = await innerDigests(engine, await engine.images.inspect('localhost/web:1'));
      assert.equal(digests?.configuration, (await archives[now])?.variants[now]?.configuration);
    }
  });

  it('are not told where the archive has another image than the one that was inspected', async () => {
    const variants = [await builtHere('one'), await builtHere('another')];
    assert.equal((await read(variants, 1, 0)).digests, undefined);
  });

  it('are not told by an archive that is none', async () => {
    await using server = await startRecordingServer({
      answer: ({ path }) => ({
        body: path.endsWith('/get')
          ? Buffer.alloc(600, 'x')
          : { Id: 'a'.repeat(64), Architecture: 'amd64', Os: 'linux', RootFS: {} },
      }),
    });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    assert.equal(await innerDigests(engine, await engine.images.inspect('web:1')), undefined);
  });
});
