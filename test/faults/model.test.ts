/** The contract of a host as a model: a simulated host, the catalog, and a real host all follow it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileStore, memoryStore } from '../../src/catalog/index.ts';
import { BulkheadError } from '../../src/errors.ts';
import { routedClient } from '../../src/host/mounts/routed-client.ts';
import { Random } from '../../src/soak/random.ts';
import { describeCells, type Cell } from '../host/cell.ts';
import { catalogHistory } from './model/catalog-histories.ts';
import { follow } from './model/histories.ts';
import { isLinearizable } from './model/linearizable.ts';
import { Model } from './model/model.ts';
import { RealHost } from './model/real-host.ts';
import { SimulatedHost } from './model/simulated-host.ts';

describe('the model of a host', () => {
  it('is followed by a simulated host, which leaves no container and repeats no call', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const host = new SimulatedHost(seed);
      assert.equal(await follow(host, seed, 500), undefined);
      await host[Symbol.asyncDispose]();
      assert.equal(host.running, 0);
      assert.equal(host.carriedOutTwice, 0);
    }
  });

  it('notices a host that sends a call again that may have been carried out', async () => {
    const clientOf: typeof routedClient = (...args) => {
      const client = routedClient(...args);
      const again = async (request: unknown) => {
        try {
          return await client['Call']?.(request);
        } catch (error) {
          if (BulkheadError.from(error).code !== 'CALL_OUTCOME_UNKNOWN') throw error;
          return client['Call']?.(request);
        }
      };
      return { ...client, Call: again };
    };
    await using host = new SimulatedHost(1, { clientOf });
    await follow(host, 1, 500);
    assert.ok(host.carriedOutTwice > 0);
  });

  it('notices a host that keeps what another mount has written', async () => {
    const shared = new Map<string, string>();
    const model = new Model();
    const wrong = {
      take: (step: Parameters<Model['take']>[0]) => {
        const outcome = model.take(step);
        if (step.do === 'put' && 'value' in outcome) shared.set(step.key, step.value);
        if (step.do === 'get' && 'value' in outcome)
          return Promise.resolve({ value: shared.get(step.key) ?? '' });
        return Promise.resolve(outcome);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    assert.notEqual(await follow(wrong, 1, 500), undefined);
  });
});

describe('the catalog', () => {
  it('answers operations at the same time as if they came one after the other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'model-'));
    try {
      for (let seed = 0; seed < 40; seed += 1) {
        const store = seed % 2 === 0 ? memoryStore() : fileStore(join(folder, String(seed)));
        const history = await catalogHistory(store, new Random(seed), 8);
        assert.ok(isLinearizable(history), `seed ${seed}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is judged by a check that notices an answer from the past', () => {
    const put = (begin: number, end: number, word: string) => ({
      begin,
      end,
      apply: () => ({ value: word }),
    });
    const read = (begin: number, end: number, seen: string) => ({
      begin,
      end,
      apply: (value: string | undefined) => (value === seen ? { value } : undefined),
    });
    assert.ok(isLinearizable([put(1, 4, 'a'), read(2, 3, 'a')]));
    assert.ok(!isLinearizable([put(1, 2, 'a'), put(3, 4, 'b'), read(5, 6, 'a')]));
  });
});

describeCells('the model of a host, followed by a real one', (openCell) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  it('which takes the same steps with the same outcomes', { timeout: 120_000 }, async () => {
    await using host = await RealHost.open(cell);
    assert.equal(await follow(host, 11, 60), undefined);
  });
});
