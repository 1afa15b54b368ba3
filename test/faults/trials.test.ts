/** How trials are drawn, made smaller, and judged. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BulkheadError } from '../../src/index.ts';
import {
  drawTrial,
  faultNames,
  scenarioNames,
  shrink,
  smallerThan,
  whatGrows,
  type Trial,
} from '../../src/soak/index.ts';
import { Ledger } from '../../src/soak/ledger.ts';
import { Moments } from '../../src/soak/moments.ts';
import { stretchesOf } from '../../src/soak/soak.ts';
import { errorsThatAreWrong } from '../../src/soak/verdict.ts';

const none = () => Promise.resolve();
const choice = {
  places: [
    { proxied: true, disturb: { 'engine-stopped': none, 'engine-killed': none, 'engine-upgraded': none } },
    { proxied: false },
    { limitsMemory: true },
  ],
  scenarios: scenarioNames,
  faults: faultNames,
};

describe('a trial', () => {
  it('is the same for the same seed', () => {
    for (let seed = 0; seed < 50; seed += 1)
      assert.deepEqual(drawTrial(seed, choice), drawTrial(seed, choice));
  });

  it('is drawn so that every place, scenario and fault has its share', () => {
    const trials = Array.from({ length: 15_300 }, (_, seed) => drawTrial(seed, choice));
    for (const place of [0, 1, 2])
      assert.equal(trials.filter((trial) => trial.place === place).length, 5_100);
    for (const name of scenarioNames)
      assert.ok(trials.filter(({ scenario }) => scenario === name).length >= 300, name);
    const faults = trials.flatMap((trial) => trial.faults.map(({ name }) => name));
    for (const name of faultNames) assert.ok(faults.filter((each) => each === name).length > 30, name);
  });

  it('has no fault that its place does not allow for', () => {
    const bare = { ...choice, places: [{}] };
    for (let seed = 0; seed < 3_000; seed += 1) {
      const names = drawTrial(seed, bare).faults.map(({ name }) => name);
      for (const name of ['engine-stopped', 'engine-killed', 'engine-upgraded', 'plugin-out-of-memory'])
        assert.ok(!(names as readonly string[]).includes(name), name);
    }
  });

  it('loses the plugin before the engine does something wrong that would not show otherwise', () => {
    for (let seed = 0; seed < 3_000; seed += 1) {
      const { scenario, faults } = drawTrial(seed, choice);
      const names = faults.map(({ name }) => name);
      if (!['calls', 'streams', 'broker', 'spare', 'server'].includes(scenario)) continue;
      if (names.some((name) => name.startsWith('engine-'))) assert.ok(names.includes('plugin-killed'));
    }
  });

  it('has no fault of the engine where no proxy stands before it', () => {
    for (let seed = 1; seed < 3_000; seed += 3) {
      const { place, faults } = drawTrial(seed, choice);
      assert.equal(place, 1);
      assert.ok(faults.every(({ name }) => !name.startsWith('engine-')));
    }
  });

  it('is made smaller for as long as the smaller one fails too', async () => {
    const large: Trial = {
      seed: 1,
      place: 0,
      scenario: 'calls',
      load: 8,
      faults: [
        { name: 'engine-cut', moment: { counted: 'request', number: 20 }, detail: 300 },
        { name: 'abort', moment: { counted: 'call', number: 4 }, detail: 7 },
      ],
    };
    const small = await shrink(large, ({ faults }) =>
      Promise.resolve(faults.some(({ name, moment }) => name === 'engine-cut' && moment.number >= 5)),
    );
    assert.equal(small.load, 1);
    assert.deepEqual(small.faults, [
      { name: 'engine-cut', moment: { counted: 'request', number: 5 }, detail: 0 },
    ]);
    assert.equal(smallerThan({ ...large, load: 1, faults: [] }).length, 0);
  });
});

it('has each fault happen once, at its moment', () => {
  const moments = new Moments();
  const happened: string[] = [];
  const note = (what: string) => () => {
    happened.push(what);
    return { kind: 'refuse' } as const;
  };
  moments.at({ counted: 'create', number: 1 }, note('second create'));
  moments.at({ counted: 'call', number: 0 }, note('first call'));
  const create = { method: 'POST', target: '/v1.41/containers/create?name=x' };
  assert.deepEqual(moments.request(create), { kind: 'none' });
  moments.arm();
  assert.deepEqual(moments.request(create), { kind: 'none' });
  assert.deepEqual(moments.request({ method: 'GET', target: '/v1.41/containers/json' }), { kind: 'none' });
  assert.deepEqual(moments.request(create), { kind: 'refuse' });
  assert.deepEqual(moments.request(create), { kind: 'none' });
  moments.call();
  moments.call();
  assert.deepEqual(happened, ['second create', 'first call']);
});

it('makes the trials of a place one after the other, and has the places take turns', () => {
  const stretches = stretchesOf({ count: 20, seed: 5, stretch: 3 }, choice);
  assert.deepEqual(
    stretches.map((stretch) => new Set(stretch.map(({ place }) => place))),
    [0, 1, 2, 0, 1, 2, 0, 2].map((place) => new Set([place])),
  );
  assert.ok(stretches.every(({ length }) => length <= 3));
  const seeds = stretches.flat().map(({ seed }) => seed);
  assert.deepEqual(
    seeds.toSorted((one, other) => one - other),
    Array.from({ length: 20 }, (_, index) => 5 + index),
  );
});

describe('memory and descriptors', () => {
  const samples = (heap: (trial: number) => number, descriptors: (trial: number) => number) =>
    Array.from({ length: 12 }, (_, at) => {
      const trial = at * 48;
      return { trial, rssBytes: 0, heapBytes: heap(trial), descriptors: descriptors(trial) };
    });
  const steady = (trial: number) => 2 ** 26 + (trial % 5) * 2 ** 20;

  it('are flat where they go up and down', () => {
    assert.deepEqual(whatGrows(samples(steady, (trial) => 40 + (trial % 7))), []);
  });

  it('are not where a trial keeps some of them', () => {
    const grow = whatGrows(samples((trial) => steady(trial) + trial * 2 ** 16, steady));
    assert.match(grow.join(), /^heapBytes grow by \d+\.\d\d a trial, over 432 trials$/);
    const open = whatGrows(samples(steady, (trial) => 40 + trial / 16));
    assert.match(open.join(), /^descriptors grow by 0\.06 a trial/);
    // One that is opened late and stays is no growth.
    assert.deepEqual(whatGrows(samples(steady, (trial) => (trial < 300 ? 40 : 41))), []);
  });
});

describe('the verdict', () => {
  async function wrongs(error: unknown, faults: Parameters<typeof errorsThatAreWrong>[1]): Promise<string[]> {
    const ledger = new Ledger();
    await ledger.track('work', Promise.reject(error as Error));
    return errorsThatAreWrong({ ledger, reason }, faults);
  }
  const reason = new Error('the caller has changed its mind');
  const cut = new BulkheadError('ENGINE_GONE', 'cut');

  it('lets an error blame whom the fault allows, and nobody else', async () => {
    assert.deepEqual(await wrongs(cut, ['engine-cut']), []);
    assert.match((await wrongs(cut, ['plugin-killed'])).join(), /blames the engine after plugin-killed/);
    assert.match((await wrongs(cut, [])).join(), /blames the engine after no fault/);
    assert.match((await wrongs(cut, ['engine-late'])).join(), /blames the engine/);
  });

  it('wants errors of Bulkhead, with a party to blame', async () => {
    assert.match((await wrongs(new TypeError('x'), ['engine-cut'])).join(), /no error of Bulkhead/);
    assert.match(
      (await wrongs(new BulkheadError('INTERNAL', 'x'), ['descriptors'])).join(),
      /without a party/,
    );
  });

  it("takes the caller's own reason only after an abort", async () => {
    assert.deepEqual(await wrongs(reason, ['abort']), []);
    assert.match((await wrongs(reason, [])).join(), /did not abort/);
  });

  it('looks at the cause of what only says that something was not done', async () => {
    const reload = new BulkheadError('RELOAD_FAILED', 'x', { cause: cut });
    assert.deepEqual(await wrongs(reload, ['engine-cut']), []);
    assert.match((await wrongs(reload, ['clock-back'])).join(), /blames the plugin/);
  });

  it('knows what has not ended', async () => {
    const ledger = new Ledger();
    void ledger.track('hangs', new Promise(() => undefined));
    const alive = setInterval(() => undefined, 1_000);
    assert.equal(await ledger.settled(20), false);
    clearInterval(alive);
    assert.deepEqual(ledger.open, ['hangs']);
  });
});
