/** A real engine that is stopped and started again, with everything that it ran. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { enginesScript, loadEngines, noEngines } from '../engines/engines.ts';
import { openCell, type Cell, type KeyValue } from './cell.ts';
import { nextEvent } from './next-event.ts';

const names = ['docker-rootful', 'podman-rootful'] as const;
const skip =
  process.geteuid?.() !== 0 ? 'starting engines needs root' : loadEngines().length === 0 ? noEngines : false;

describe('an engine that is restarted', { skip, timeout: 300_000 }, () => {
  const folders: string[] = [];
  let environment: NodeJS.ProcessEnv = {};

  function engines(...args: string[]): void {
    const { status, stderr } = spawnSync(enginesScript, args, { encoding: 'utf8', env: environment });
    assert.equal(status, 0, stderr);
  }

  before(async () => {
    for (const base of ['/run', '/var/tmp']) folders.push(await mkdtemp(`${base}/engines-`));
    const [run, data] = folders;
    environment = { ...process.env, BULKHEAD_ENGINES_RUN: run, BULKHEAD_ENGINES_DATA: data };
    engines('up', ...names);
  });

  after(async () => {
    engines('down');
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  for (const name of names) {
    it(`serves the call that waited for it: ${name}`, async () => {
      const engine = loadEngines(environment).find((each) => each.name === name);
      const socket = engine?.services.find(({ runtime }) => runtime === 'runc')?.socket;
      assert.ok(engine && socket !== undefined, `${name} is up`);
      const cell: Cell = await openCell(engine, socket);
      try {
        const host = await cell.open({ restart: { delayMs: 50, maxDelayMs: 500, maxFailures: 1 } });
        await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image }, { skipProbe: true });
        const mount = await host.mount('kv', 'kv');
        const kv = mount.client<KeyValue>(cell.definition);
        await kv.put({ key: 'k', value: Buffer.from('v') });
        const lost = nextEvent('bulkhead:instance', ({ instance }) => instance.state.name === 'restarting');
        engines('down', '--keep-data', name);
        await lost;
        const waiting = kv.put({ key: 'k', value: Buffer.from('v') });
        engines('up', name);
        await waiting;
        await host.close();
        assert.deepEqual(await cell.remains(host), []);
      } finally {
        await cell[Symbol.asyncDispose]();
      }
    });
  }
});
