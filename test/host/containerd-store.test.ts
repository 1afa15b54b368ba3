/** Images in the store of containerd, whose ids are digests of manifests: what is read, registered and run is one image. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { gatherImageFacts, type ImageFacts } from '../../src/compatibility/index.ts';
import { connectEngine, NotFoundError, type Engine } from '../../src/engine/index.ts';
import { loadImage } from '../../src/packing/index.ts';
import {
  attestation,
  elsewhere,
  ociArchive,
  variantOf,
  withLayer,
  type OciArchive,
  type Variant,
} from '../engine/support/oci-archive.ts';
import { enginesWithContainerdStore, noContainerdStore } from '../engines/containerd-store.ts';
import { goOnThePath } from '../plugins/go-programs.ts';
import { packFixture } from '../plugins/images.ts';
import { openCell, type Cell } from './cell.ts';

const engines = enginesWithContainerdStore();
const limits = { timeout: 120_000 };

const fixture = () => packFixture(goOnThePath() === undefined ? 'node-faulty' : 'go-faulty');

describe(
  'a Docker with the image store of containerd',
  { skip: engines.length === 0 && noContainerdStore },
  () => {
    for (const testEngine of engines) {
      const socketPath = testEngine.services[0]?.socket ?? '';
      const open = (): Promise<Cell> => openCell(testEngine, socketPath);

      describe(`${testEngine.suite} ${testEngine.name} ${testEngine.version}`, () => {
        it('registers an image of several platforms by each of its digests', limits, async () => {
          await using cell = await open();
          const here = await variantOf(await fixture());
          // As after a pull, which fetches what fits.
          const foreign = { ...(await elsewhere(here, 'arm64', { plugin: 'strange' })), absent: true };
          await using image = await load(cell.engine, [foreign, here, await attestation('x')]);
          const { archive, name } = image;
          const own = archive.variants[1];
          assert.ok(own);
          await cell.withHost({}, async (host) => {
            const plugin = { type: 'kv', name: 'kv', ociImage: name };
            for (const [sha256, matched] of [
              [archive.index, 'id'],
              [own.manifest, 'repository'],
              [own.configuration, 'configuration'],
            ] as const) {
              const { probe } = await host.plugins.register({ ...plugin, sha256 });
              assert.deepEqual([probe?.matched, probe?.imageId], [matched, archive.index]);
            }
            const others = [
              archive.variants[0]?.manifest,
              archive.variants[0]?.configuration,
              '0'.repeat(64),
            ];
            for (const sha256 of others) {
              await assert.rejects(host.plugins.register({ ...plugin, sha256 }), {
                code: 'IMAGE_DIGEST_MISMATCH',
              });
            }
          });
        });

        it('has the contents read of the platform that runs here', limits, async () => {
          await using engine = await connectEngine({ socketPath });
          const here = await variantOf(await fixture());
          const foreign = await elsewhere(here, 'arm64', {
            'etc/passwd': 'stranger:x:4242:4242::/:/bin/false\n',
          });
          await using image = await load(engine, [foreign, here, await attestation('x')]);
          const facts = await factsOf(engine, image.name);
          assert.equal(facts.architecture, here.platform?.architecture);
          assert.ok('value' in facts.program && facts.program.value.kind !== 'missing');
          assert.ok('value' in facts.accounts && facts.accounts.value.users.every(({ uid }) => uid !== 4242));
        });

        it('says of an image for other platforms alone that it is for those', limits, async () => {
          await using cell = await open();
          const here = await variantOf(await fixture());
          const foreign = await elsewhere(here, 's390x', { plugin: 'of another machine' });
          await using image = await load(cell.engine, [foreign, await attestation('x')]);
          await cell.withHost({}, async (host) => {
            await assert.rejects(
              host.plugins.register({ type: 'kv', name: 'kv', ociImage: image.name }),
              (error: Error & { code?: string }) => {
                assert.equal(error.code, 'LAUNCH_REFUSED');
                assert.match(error.message, /the image is for s390x, but this host is/);
                return true;
              },
            );
          });
        });

        it('has them read anew where the same index stands for another image by now', limits, async () => {
          await using engine = await connectEngine({ socketPath });
          const here = await variantOf(await fixture());
          const { platform, config } = here;
          const other = {
            ...(await withLayer(config, { 'etc/passwd': 'me:x:4242:4242::/:/x\n' })),
            platform,
          };
          const foreign = { ...(await elsewhere(here, 'arm64', { plugin: 'x' })), absent: true };
          const uids = async (variants: readonly Variant[]) => {
            await using image = await load(engine, variants);
            const { accounts, id } = await factsOf(engine, image.name);
            assert.equal(id, image.archive.index);
            return { id, uids: 'value' in accounts ? accounts.value.users.map(({ uid }) => uid) : undefined };
          };
          const both = await uids([foreign, here, other]);
          const one = await uids([foreign, { ...here, absent: true }, other]);
          assert.equal(one.id, both.id);
          assert.ok(both.uids?.includes(4242) === false);
          assert.ok(one.uids === undefined || one.uids.includes(4242), String(one.uids));
        });

        it(
          'says of an image that is listed, and not there for any platform, what to fetch',
          limits,
          async () => {
            await using cell = await open();
            const here = await variantOf(await fixture());
            await using image = await load(cell.engine, [{ ...here, absent: true }]);
            await cell.withHost({}, async (host) => {
              const plugin = { type: 'kv', name: 'kv', ociImage: image.name };
              await assert.rejects(
                host.plugins.register(plugin),
                (error: Error & { code?: string; hint?: string }) => {
                  assert.equal(error.code, 'LAUNCH_REFUSED');
                  assert.match(error.message, /the list of the platforms .*, and the image for none of them/);
                  return true;
                },
              );
              await assert.rejects(host.plugins.register({ ...plugin, sha256: '0'.repeat(64) }), {
                code: 'IMAGE_DIGEST_MISMATCH',
              });
            });
          },
        );

        it('finds what was packed and loaded again, and saves what it loads', limits, async () => {
          await using engine = await connectEngine({ socketPath });
          const packed = await fixture();
          const first = await loadImage(engine, packed);
          assert.deepEqual(await loadImage(engine, packed), { id: first.id, sent: false });
        });
      });
    }
  },
);

async function factsOf(engine: Engine, name: string): Promise<ImageFacts> {
  const facts = await gatherImageFacts(engine, name);
  assert.ok(!('absent' in facts));
  return facts;
}

/** Loads an index of these variants under a name of its own, which goes with it. */
async function load(
  engine: Engine,
  variants: readonly Variant[],
): Promise<AsyncDisposable & { readonly name: string; readonly archive: OciArchive }> {
  const name = `localhost/bulkhead-test/${randomUUID()}:1`;
  const archive = await ociArchive(name, variants);
  await engine.images.load(archive.bytes);
  return {
    name,
    archive,
    async [Symbol.asyncDispose]() {
      await engine.images.remove(name).catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) throw error;
      });
    },
  };
}
