/** An engine, a plan or an image that fails in a live matrix is the outcome of the cells that it concerns; the others go on. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { cellName, type MatrixResult, type MatrixRow } from '../../src/compatibility/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import {
  BulkheadError,
  liveMatrix,
  liveProbeMatrix,
  type LiveMatrixOptions,
  type MatrixLaunch,
} from '../../src/index.ts';
import { startFaultProxy, type FaultChoice, type FaultProxy } from '../../src/testing/index.ts';
import { runInProcess } from '../cli/in-process.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake, loadFixture } from '../plugins/images.ts';

const rootful = loadEngines().filter(({ suite, rootless }) => suite === 'host' && !rootless);
const docker = rootful.find(({ kind }) => kind === 'docker');
const podman = rootful.find(({ kind }) => kind === 'podman');

function runc(testEngine: TestEngine): string {
  return testEngine.services.find(({ runtime }) => runtime === 'runc')?.socket ?? '';
}

/** Cuts the answers to requests whose method and path match. */
function cutting(pattern: RegExp): FaultChoice {
  return ({ method, target }) =>
    pattern.test(`${method} ${target}`) ? { kind: 'cut-head', afterBytes: 0 } : { kind: 'none' };
}

const cookie = [`-cookie=${fixtureHandshake.magicCookieKey}=${fixtureHandshake.magicCookieValue}`];
const oneCell = ['-filter=runtime=runc', '-filter=user=root', '-filter=mlock=off'];

function outcome(row: MatrixRow): (string | boolean | undefined)[] {
  return [cellName(row), row.live?.ok, row.live?.error?.code, row.agrees];
}

if (docker === undefined || podman === undefined) it('goes on', { skip: noEngines }, () => undefined);
else
  describe('a live matrix with an engine that fails', { timeout: 120_000 }, () => {
    let proxy: FaultProxy;
    let faulty: Engine;
    let whole: Engine;
    let service: Engine;
    let parent: Awaited<ReturnType<typeof ownSocketParent>>;
    let launch: MatrixLaunch;
    let common: Pick<LiveMatrixOptions, 'image' | 'launch' | 'exercise'>;
    before(async () => {
      proxy = await startFaultProxy({ target: runc(docker) });
      faulty = await connectEngine({ socketPath: proxy.socketPath });
      whole = await connectEngine({ socketPath: runc(docker) });
      service = await connectEngine({ socketPath: runc(podman) });
      const image = await loadFixture(whole, 'node-faulty');
      assert.ok(image.skipped === undefined);
      await loadFixture(service, 'node-faulty');
      parent = await ownSocketParent(docker);
      launch = {
        ...{ handshake: fixtureHandshake, protocolVersions: [1], args: ['serve'] },
        ...{ socketDirectory: parent.path, labels: { 'io.bulkhead.test': parent.path } },
      };
      common = { image: image.tag, launch, exercise: () => Promise.resolve() };
    });
    after(async () => {
      const filters = { label: [`io.bulkhead.test=${parent.path}`] };
      assert.deepEqual(await whole.containers.list({ all: true, filters }), []);
      assert.deepEqual(await readdir(parent.path), []);
      for (const engine of [faulty, whole, service]) await engine.close();
      await proxy[Symbol.asyncDispose]();
      await parent[Symbol.asyncDispose]();
    });

    it('tells in its cells that it does not tell of the image, and launches those of the next', async () => {
      proxy.fault = cutting(/ \/\S*\/images\//);
      const seen: string[] = [];
      const { cells, summary, leftovers } = await liveMatrix({
        ...common,
        engines: [faulty, whole],
        filter: { runtime: ['runc'], user: ['root'], mlock: [false] },
        onRow: (row, { total }) => seen.push(`${row.socketPath} of ${total}`),
      });
      assert.deepEqual(cells.map(outcome), [
        ['docker rootful runc root', false, 'ENGINE_GONE', false],
        ['docker rootful runc root', true, undefined, true],
      ]);
      assert.match(cells[0]?.live?.error?.message ?? '', /\/images\/.*: the engine ended the connection/);
      assert.deepEqual([summary.disagree, leftovers], [1, undefined]);
      assert.deepEqual(seen.sort(), [faulty, whole].map((each) => `${each.socketPath} of 2`).sort());
    });

    it('tells what it could not look for at its end beside the cells, and the command fails', async () => {
      proxy.fault = cutting(/ \/\S*\/containers\/json/);
      const { status, stdout, stderr } = await runInProcess([
        ...['matrix', common.image, '-live', '-args=serve', '-format=json', ...cookie, ...oneCell],
        ...[`-engine=${faulty.socketPath}`, `-socket_directory=${parent.path}`],
      ]);
      const { cells, leftovers } = JSON.parse(stdout) as MatrixResult;
      assert.deepEqual(cells.map(outcome), [['docker rootful runc root', true, undefined, true]]);
      assert.equal(leftovers?.length, 1);
      assert.ok(leftovers[0]?.startsWith(`docker at ${faulty.socketPath}: ENGINE_GONE: `), leftovers[0]);
      assert.ok(stderr.includes(`Something may be left: ${leftovers[0]}`), stderr);
      assert.equal(status, 1);
    });

    it('is told by the commands, which predict and run what they can', async () => {
      proxy.fault = cutting(/ \/\S*\/images\//);
      const engines = [faulty, service].map(({ socketPath }) => `-engine=${socketPath}`);
      const where = [common.image, ...engines, `-socket_directory=${parent.path}`, ...oneCell];
      const live = await runInProcess(['matrix', ...where, '-filter=engine=docker', '-live', ...cookie]);
      assert.match(live.stdout, /docker \S+ rootful runc root no mlock .*: ENGINE_GONE: /);
      const test = await runInProcess(['vault', 'test', ...where, '-filter=engine=docker', '-type=secret']);
      assert.match(test.stdout, /^1 of 1 cells run: 0 passed, 1 failed\.$/m, test.stderr);
      const dry = await runInProcess(['matrix', ...where]);
      assert.match(dry.stdout, /^2 cells: 2 should work/m, dry.stderr);
      assert.deepEqual([live.status, test.status, dry.status], [1, 1, 0]);
    });

    it('ends the planning of a cell whose engine is silent at the time limit of the cell', async () => {
      proxy.fault = ({ target }) =>
        target.includes('/images/') ? { kind: 'stall', afterBytes: 0 } : { kind: 'none' };
      const { cells } = await liveMatrix({
        ...common,
        engines: [service, faulty],
        filter: { engine: ['docker'], runtime: ['runc'], user: ['root'], mlock: [false] },
        cellTimeoutMs: 300,
      });
      assert.deepEqual(cells.map(outcome), [
        ['docker rootful runc root', false, 'PLUGIN_START_TIMEOUT', false],
      ]);
      proxy.cut();
    });

    it('tells of an own service that did not start, and of options that are wrong for one cell', async () => {
      const late = new BulkheadError('PODMAN_SERVICE_FAILED', 'it is late');
      const { cells } = await liveMatrix({
        ...common,
        engines: [service],
        launch: (cell) => ({
          ...launch,
          ...(cell.runtime === 'crun' && cell.user === 'non-root' && { memoryBytes: -1 }),
        }),
        filter: { runtime: ['crun'], mlock: [false] },
        ownEngine: () => Promise.reject(late),
      });
      assert.deepEqual(cells.map(outcome), [
        ['podman rootful crun root', false, 'PODMAN_SERVICE_FAILED', false],
        ['podman rootful crun non-root', false, 'INVALID_OPTION', false],
      ]);
    });

    it('tells of a probe that an engine did not take, and of one that it did not remove', async () => {
      proxy.fault = cutting(/^(POST|DELETE) \/\S*\/images\//);
      const { cells, leftovers } = await liveProbeMatrix({
        engines: [faulty, whole],
        // A refused cell, so that nothing need be launched.
        filter: { runtime: ['nosuch'], user: ['root'], mlock: [false] },
        forced: false,
      });
      assert.deepEqual(cells.map(outcome), [
        ['docker rootful nosuch root', false, 'ENGINE_GONE', undefined],
        ['docker rootful nosuch root', undefined, undefined, undefined],
      ]);
      assert.equal(leftovers?.length, 1);
      assert.match(leftovers[0] ?? '', /^docker at .*: ENGINE_GONE: /);
    });

    it('is thrown where no engine can tell of the image', async () => {
      proxy.fault = cutting(/ \/\S*\/images\//);
      const code = { code: 'ENGINE_GONE' };
      await assert.rejects(liveMatrix({ ...common, engines: [faulty] }), code);
      await assert.rejects(liveProbeMatrix({ engines: [faulty], filter: { mlock: [false] } }), code);
    });
  });
