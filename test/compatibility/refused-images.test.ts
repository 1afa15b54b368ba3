/** Images and settings that can not work: refused by the rule that names the fault, and a forced launch does fail. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { writeImageArchive } from '../../src/packing/index.ts';
import { liveMatrix, type LiveMatrixOptions } from '../../src/matrix/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { startPodmanService } from '../../src/testing/index.ts';
import { noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath, goProber, noGo } from '../plugins/go-programs.ts';
import { loadFixture } from '../plugins/images.ts';
import { buildElf } from '../program/elf-builder.ts';
import { tinyProgram } from '../program/tiny-program.ts';
import { probe, probeLaunch } from './probe.ts';
import { connectAll, loadOnAll, suites, type ConnectedSuite } from './test-engines.ts';
import { compareVersions } from '../../src/engine/internal.ts';

const all = suites();
const limits = { timeout: 180_000 };
if (all.size === 0) it('refuses what can not work', { skip: noEngines }, () => undefined);

for (const [suite, testEngines] of all) {
  const [first] = testEngines;
  if (first === undefined) continue;
  describe(`what can not work on the engines of ${suite}`, () => {
    let connected: ConnectedSuite;
    let parent: Awaited<ReturnType<typeof ownSocketParent>>;
    before(async () => {
      connected = await connectAll(testEngines);
      parent = await ownSocketParent(first);
    });
    after(async () => {
      await connected[Symbol.asyncDispose]();
      await parent[Symbol.asyncDispose]();
    });

    /** Every engine, with the runtimes that differ, as one user and without locking. */
    async function refusedBy(
      rule: string,
      image: string,
      options: Partial<LiveMatrixOptions> = {},
    ): Promise<void> {
      const { cells, summary } = await liveMatrix({
        engines: connected.engines,
        image,
        launch: (cell) => probeLaunch(parent.path, cell),
        exercise: probe,
        filter: { runtime: ['runc', 'runsc'], user: ['non-root'], mlock: [false] },
        cellTimeoutMs: 20_000,
        ...options,
      });
      assert.ok(cells.length > 0);
      for (const row of cells) {
        assert.equal(row.verdict, 'refused', JSON.stringify(row));
        assert.deepEqual(
          row.reasons.map((reason) => reason.rule),
          [rule],
        );
        assert.equal(row.live?.ok, false, `${row.engine} ${row.mode} ${row.runtime}`);
      }
      assert.equal(summary.disagree, 0);
    }

    it('is a plugin built with go-plugin 1.4', limits, async (t) => {
      const image = await loadOnAll(connected.engines, 'go-prober-old');
      if ('skipped' in image) t.skip(image.skipped);
      else await refusedBy('go-plugin-version', image.tag);
    });

    it(
      'is a program for another processor',
      { ...limits, skip: goOnThePath() === undefined && noGo },
      async () => {
        const program = await readFile(await goProber());
        program.writeUInt16LE(program.readUInt16LE(18) === 183 ? 62 : 183, 18); // e_machine
        const tag = await loadProgram('other-processor', program);
        await refusedBy('image-architecture', tag);
      },
    );

    it('is a program whose loader the image does not have', limits, async () => {
      const tag = await loadProgram('no-loader', buildElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' }));
      await refusedBy('entrypoint-loader', tag);
    });

    it('is a program that the image does not have', limits, async () => {
      const tag = await loadProgram('no-program', 'no program', '/nowhere');
      await refusedBy('entrypoint-program', tag);
    });

    it('is a program that may not be executed', limits, async () => {
      const tag = await loadProgram('not-executable', tinyProgram('not started'), '/plugin', 0o644);
      const rules = ['entrypoint-program'];
      const { cells } = await liveMatrix({
        engines: connected.engines,
        image: tag,
        launch: (cell) => probeLaunch(parent.path, cell),
        filter: { runtime: ['runc'], user: ['root'], mlock: [false] },
      });
      for (const row of cells) {
        assert.deepEqual(
          row.reasons.map(({ rule }) => rule),
          rules,
        );
        assert.equal(row.agrees, true);
      }
    });

    it('is Docker with a runsc that keeps its sockets to itself', limits, async (t) => {
      // A later Docker hands annotations on, by which a later runsc is told to show them.
      const engines = connected.engines.filter(
        ({ info, apiVersion }) => 'runsc-closed' in info.runtimes && compareVersions(apiVersion, '1.43') < 0,
      );
      if (engines.length === 0) {
        t.skip('no Docker here that drops annotations has the runtime runsc-closed');
        return;
      }
      const image = await loadOnAll(engines, 'go-prober');
      if ('skipped' in image) t.skip(image.skipped);
      else
        await refusedBy('runsc-host-uds', image.tag, {
          engines,
          filter: { runtime: ['runsc-closed'], mlock: [false] },
        });
    });

    async function loadProgram(
      name: string,
      content: Uint8Array | string,
      entrypoint = '/plugin',
      mode = 0o755,
    ): Promise<string> {
      const image = await writeImageArchive({
        tag: `localhost/bulkhead-test/${name}:1`,
        files: [{ path: '/plugin', content, mode }],
        entrypoint: [entrypoint],
        user: '65532:65532',
      });
      for (const engine of connected.engines) await engine.images.load(image);
      return image.tag;
    }
  });
}

describe(
  'a Podman whose runsc keeps its sockets to itself',
  { skip: process.geteuid?.() !== 0 && 'needs root' },
  () => {
    it('is refused by what its command line tells, and the host never sees the socket', limits, async (t) => {
      const [testEngines] = all.values();
      const [first] = testEngines ?? [];
      if (first === undefined) {
        t.skip(noEngines);
        return;
      }
      await using podman = await startPodmanService({ runtime: 'runsc', runtimeFlags: ['network=none'] });
      await using engine: Engine = await connectEngine({ socketPath: podman.socketPath });
      const image = await loadFixture(engine, 'go-prober');
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      await using parent = await ownSocketParent(first);
      const { cells } = await liveMatrix({
        engines: [engine],
        image: image.tag,
        launch: (cell) => probeLaunch(parent.path, cell),
        exercise: probe,
        filter: { runtime: ['runsc'], user: ['non-root'], mlock: [false] },
        cellTimeoutMs: 20_000,
      });
      assert.deepEqual(
        cells.map(({ verdict, live }) => [verdict, live?.ok]),
        [['refused', false]],
      );
      assert.deepEqual(
        cells[0]?.reasons.map(({ rule }) => rule),
        ['runsc-host-uds'],
      );
    });
  },
);
