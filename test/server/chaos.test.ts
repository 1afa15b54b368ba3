/**
 * Many clients of one mount, while its plugin is killed and reloaded and the server restarted: no wrong answer, no lost
 * write that was acknowledged, and every error says whether the request may be repeated. `npm run chaos` sends 10,000
 * requests, which takes minutes.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { noEngines } from '../engines/engines.ts';
import { chaos, type ChaosPlan } from './support/chaos.ts';
import { openServeWorld } from './support/serve-command.ts';
import { serverEngine } from './support/with-server.ts';

const plan: ChaosPlan =
  process.env['BULKHEAD_CHAOS'] === 'full'
    ? { requests: 10_000, clients: 32, kills: 20, reloads: 5, restarts: 1 }
    : { requests: 500, clients: 8, kills: 2, reloads: 1, restarts: 1 };

const skip = serverEngine === undefined && noEngines;

it(
  'a mount whose plugin is killed and reloaded keeps what it acknowledged',
  { timeout: 1_200_000, skip },
  async (t) => {
    assert.ok(serverEngine);
    const world = await openServeWorld(serverEngine, 'chaos-kv');
    if ('skipped' in world) {
      t.skip(world.skipped);
      return;
    }
    await using _ended = world;
    const begin = await world.serve();
    const { api } = begin;
    const plugin = { oci_image: world.image, sha256: world.sha256, version: world.version, runtime: 'runc' };
    for (const [path, body] of [
      ['/v1/sys/plugins/runtimes/catalog/container/runc', { oci_runtime: 'runc' }],
      ['/v1/sys/plugins/catalog/secret/chaos-kv', plugin],
      ['/v1/sys/mounts/chaos', { type: 'chaos-kv' }],
    ] as const) {
      const { status, text } = await api('POST', path, { body });
      assert.equal(status, 204, `${path}: ${text}`);
    }
    const { outcomes, serving, ...done } = await chaos(world, begin, plan, () => world.world.containers());
    t.diagnostic(JSON.stringify({ ...plan, outcomes: Object.fromEntries(outcomes) }));
    const { kills, reloads, restarts } = plan;
    assert.deepEqual(done, { kills, reloads, restarts });
    // A connection that the restart ends may have carried a request already.
    assert.ok(
      (outcomes.get('no answer') ?? 0) <= plan.clients * plan.restarts,
      JSON.stringify([...outcomes]),
    );
    assert.equal(await serving.end(), 0, serving.output());
    assert.deepEqual(await world.world.containers(), []);
  },
);
