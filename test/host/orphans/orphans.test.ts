/** Hosts that are killed: what they leave, and who removes it. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, it } from 'node:test';
import { hostLabels } from '../../../src/index.ts';
import { describeCells, type Cell } from '../cell.ts';
import { programArgs } from '../../plugins/program-args.ts';

const limits = { timeout: 300_000 };
/** Kills at random points of a launch. */
const kills = Number(process.env['BULKHEAD_TEST_KILLS'] ?? 4);

describeCells('a host that is killed', (openCell, _, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  interface Doomed {
    readonly process: ChildProcess;
    /** Reads its next line. */
    line(): Promise<string>;
    kill(): Promise<void>;
  }

  function doom(clusterId: string, task: 'stay' | 'watched' | 'launch'): Doomed {
    const script = programArgs('test/host/orphans/doomed-host.ts');
    const args = [cell.socketPath, cell.image, cell.parent, clusterId, task];
    const child = spawn(process.execPath, [...script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      process: child,
      line: async () => String((await lines.next()).value),
      async kill() {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      },
    };
  }

  /** What is there of a cluster. */
  async function leftOf(clusterId: string): Promise<string[]> {
    const filters = { label: [`${hostLabels.clusterId}=${clusterId}`] };
    const containers = await cell.engine.containers.list({ all: true, filters });
    return containers.map(({ names }) => names[0] ?? '');
  }

  itInTurn('leaves nothing after the next one is opened, which touches nobody else', limits, async () => {
    const clusterId = randomUUID();
    const [dead, living, stranger] = [
      doom(clusterId, 'stay'),
      doom(clusterId, 'stay'),
      doom(randomUUID(), 'stay'),
    ];
    const hosts = [dead, living, stranger];
    try {
      const ids = await Promise.all(hosts.map((each) => each.line()));
      await Promise.all(hosts.map((each) => each.line()));
      await dead.kill();
      await stranger.kill();
      assert.equal((await leftOf(clusterId)).length, 4);
      const next = await cell.open({ clusterId });
      try {
        const filters = { label: [`${hostLabels.hostId}=${ids[0] ?? ''}`] };
        assert.deepEqual(await cell.engine.containers.list({ all: true, filters }), []);
        assert.equal((await leftOf(clusterId)).length, 2, 'those of the living one');
        assert.equal(next.metrics().sweptContainers, 2);
        assert.equal((await readdir(cell.parent)).length, 2, 'folders of the living one and of the stranger');
        await living.kill();
        const swept = await next.gc();
        assert.equal(swept.containers.length, 2);
        assert.equal(swept.folders.length, 1);
        assert.deepEqual(swept.failures, []);
        assert.deepEqual(await leftOf(clusterId), []);
      } finally {
        await next.close();
      }
    } finally {
      for (const { process: child } of hosts) child.kill('SIGKILL');
      const filters = { label: [hostLabels.folder] };
      for (const { id, labels } of await cell.engine.containers.list({ all: true, filters })) {
        if (labels[hostLabels.folder]?.startsWith(cell.parent) === true) {
          await cell.engine.containers.remove(id, { force: true });
          await rm(labels[hostLabels.folder] ?? '', { recursive: true, force: true });
        }
      }
    }
  });

  itInTurn('leaves nothing after some moments, when it has a watchdog', limits, async () => {
    const clusterId = randomUUID();
    const host = doom(clusterId, 'watched');
    await host.line();
    await host.line();
    const filters = { label: [`${hostLabels.clusterId}=${clusterId}`] };
    const [container] = await cell.engine.containers.list({ filters });
    const folder = container?.labels[hostLabels.folder] ?? '';
    assert.notEqual(folder, '');
    await host.kill();
    while ((await leftOf(clusterId)).length > 0 || existsSync(folder));
  });

  it(`leaves nothing, killed ${kills} times at random points of a launch`, limits, async () => {
    const clusterId = randomUUID();
    for (let round = 0; round < kills; round += 1) {
      const host = doom(clusterId, 'launch');
      await host.line();
      // Where in a launch that is, is left to chance.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 600));
      await host.kill();
    }
    const next = await cell.open({ clusterId });
    await next.close();
    assert.deepEqual(await leftOf(clusterId), []);
    const { folders } = await sweepOnce(clusterId);
    assert.deepEqual(folders, []);
  });

  async function sweepOnce(clusterId: string): Promise<{ readonly folders: readonly string[] }> {
    const host = await cell.open({ clusterId, sweep: false });
    try {
      return await host.gc();
    } finally {
      await host.close();
    }
  }
});
