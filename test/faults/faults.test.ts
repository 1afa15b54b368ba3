/**
 * Seeded trials with faults on real engines. The seeds that have found something stay; the others are drawn from the date of
 * their choice. `npm run faults` makes as many as one likes.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { expectsAt } from '../../src/container/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { hostLabels, PluginHost } from '../../src/index.ts';
import { runTrial, soak, type Place, type Trial } from '../../src/soak/index.ts';
import { nobodys } from '../../src/soak/nobodys.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { everything } from '../everything.ts';
import { noEngines } from '../engines/engines.ts';
import { failedAnswer } from '../engine/support/failed-answer.ts';
import { containerOf, nextEvent } from '../host/cell.ts';
import { leftovers } from '../host/leftovers.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { placesUp, removeProbe, subjectAt } from './subject.ts';

/** Rootful, where a trial takes a few seconds; with every case also the rootless ones, and gVisor. */
const places = placesUp(everything ? ['runc', 'runsc'] : ['runc']).filter(
  ({ name }) => everything || name.includes('rootful'),
);
const skip = places.length === 0 ? noEngines : goOnThePath() === undefined ? noGo : false;
const seed = 20_261_130;
const count = everything ? 1_000 : 200;
/** How many trials share their hosts, which makes most of them cheap. */
const stretch = 50;
/** After so many trials that failed, no further ones are made. */
const mostFailures = 3;

/** With which an engine refuses a removal. */
const busy = failedAnswer('the storage is busy');

/** Trials that have failed once. */
const found: readonly (readonly [string, Omit<Trial, 'place'>])[] = [
  [
    'folders that are removed in the midst of a launch are made anew',
    {
      seed: 3,
      scenario: 'launch',
      load: 2,
      faults: [{ name: 'folder-removed', moment: { counted: 'attach', number: 0 }, detail: 0 }],
    },
  ],
  [
    'a container whose creation was answered with a wrong id is removed by its name',
    {
      seed: 20_261_205,
      scenario: 'reload',
      load: 1,
      faults: [{ name: 'engine-wrong-id', moment: { counted: 'create', number: 0 }, detail: 622 }],
    },
  ],
  [
    'an engine whose output can not be read is blamed, and not the plugin',
    {
      seed: 20_261_581,
      scenario: 'mount',
      load: 1,
      faults: [{ name: 'engine-doubled', moment: { counted: 'attach', number: 0 }, detail: 379 }],
    },
  ],
];

describe('seeded faults', { skip, timeout: everything ? 3_600_000 : 1_200_000 }, () => {
  let parts: Awaited<ReturnType<typeof subjectAt>>;
  before(async () => {
    parts = await subjectAt(places);
  });
  after(() => removeProbe(places, parts.probe.image));
  const placeOf = (number: number): Place => places[number % places.length] ?? assert.fail('no place');

  for (const [at, [what, trial]] of found.entries()) {
    it(what, async () => {
      const given = { ...trial, place: (at + 1) % Math.max(places.length, 1) };
      const { wrongs } = await runTrial(given, { place: placeOf(given.place), ...parts });
      assert.deepEqual(wrongs, []);
    });
  }

  it('notices volumes and networks that were left', async () => {
    await using engine = await connectEngine({ socketPath: placeOf(0).socketPath });
    const before = await nobodys(engine);
    const name = `faults-${process.pid}`;
    for (const what of ['volumes', 'networks'])
      await engine.request({ method: 'POST', path: `/${what}/create`, body: { Name: name } });
    const left = (await nobodys(engine)).filter((each) => !before.includes(each) && each.endsWith(name));
    for (const what of ['volumes', 'networks'])
      await engine.request({ method: 'DELETE', path: `/${what}/${name}` });
    assert.deepEqual(left, [`volume ${name}`, `network ${name}`]);
  });

  it('a host reloads and closes without an error for a container that its engine has removed late', async () => {
    const place = placeOf(1);
    await using engine = await connectEngine({ socketPath: place.socketPath });
    await using parent = await ownSocketParent({ shareDirectory: place.shareDirectory ?? assert.fail() });
    await using proxy = await startFaultProxy({ target: place.socketPath });
    const { image, kind } = parts.subject;
    const warned = new EventEmitter();
    await using host = await PluginHost.open({
      socketPath: proxy.socketPath,
      runtime: place.runtime,
      socketDirectory: parent.path,
      kinds: { soak: kind },
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: (text) => warned.emit(text),
        error: () => undefined,
      },
    });
    await host.plugins.register({ type: 'soak', name: 'kv', ociImage: image }, { skipProbe: true });
    const mount = await host.mount('soak', 'kv');
    proxy.fault = ({ method }) =>
      method === 'DELETE' ? { kind: 'replace', bytes: busy, asked: false } : { kind: 'none' };
    const refused = once(warned, 'a plugin that ended could not be removed');
    const again = nextEvent('bulkhead:instance', ({ instance }) => instance.state.name === 'ready');
    await engine.containers.kill(containerOf(mount.instance));
    await Promise.all([refused, again]);
    proxy.fault = { kind: 'none' };
    while (expectsAt(proxy.socketPath)) await delay(20);
    await host.reload('soak', 'kv');
    await host.close();
    assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
  });

  it(
    'a host launches although its engine ends the connection by which its process is looked for',
    { timeout: 60_000 },
    async () => {
      const place = placeOf(0);
      await using parent = await ownSocketParent({ shareDirectory: place.shareDirectory ?? assert.fail() });
      await using proxy = await startFaultProxy({ target: place.socketPath });
      await using host = await PluginHost.open({
        socketPath: proxy.socketPath,
        socketDirectory: parent.path,
      });
      let cut = false;
      proxy.fault = ({ target }) => {
        if (cut || target !== '/_ping') return { kind: 'none' };
        cut = true;
        return { kind: 'cut-head', afterBytes: 0 };
      };
      const { image, kind } = parts.subject;
      const { handshake, protocolVersions } = kind;
      for (let launch = 0; launch < 2; launch += 1) {
        await using plugin = await host.start({ image, handshake, protocolVersions, runtime: place.runtime });
        await plugin.health();
      }
      assert.ok(cut, 'the process of the engine was looked for');
    },
  );

  it('a mount that is closed while the engine is away leaves no container and no folder once it is back', async () => {
    const place = placeOf(0);
    await using engine = await connectEngine({ socketPath: place.socketPath });
    await using parent = await ownSocketParent({ shareDirectory: place.shareDirectory ?? assert.fail() });
    await using proxy = await startFaultProxy({ target: place.socketPath });
    const { image, kind } = parts.subject;
    await using host = await PluginHost.open({
      socketPath: proxy.socketPath,
      runtime: place.runtime,
      socketDirectory: parent.path,
      kinds: { soak: kind },
      stopGraceMs: 100,
    });
    await host.plugins.register({ type: 'soak', name: 'kv', ociImage: image }, { skipProbe: true });
    const mount = await host.mount('soak', 'kv');
    proxy.fault = { kind: 'refuse' };
    proxy.cut();
    await assert.rejects(mount.close({ drainMs: 100 }), { code: 'CLEANUP_FAILED' });
    proxy.fault = { kind: 'none' };
    await host.close();
    const filters = { label: [`${hostLabels.hostId}=${host.id}`] };
    // Until both are gone: the limit of the suite ends it.
    while ((await engine.containers.list({ all: true, filters })).length > 0) await delay(100);
    while ((await readdir(parent.path)).length > 0) await delay(100);
  });

  it(`lose, leave and hang nothing in ${count} trials from seed ${seed}`, async () => {
    const enough = new AbortController();
    let failed = 0;
    const { results, failures } = await soak({
      ...{ places, ...parts, count, seed, stretch, shrinking: false, signal: enough.signal },
      // Each may take minutes: the first ones are told at once, lest the limit of the suite comes before the end.
      onFailure: ({ result: { trial, wrongs } }) => {
        process.stderr.write(`seed ${trial.seed} failed: ${wrongs.join('; ')}\n`);
        failed += 1;
        if (failed === mostFailures) enough.abort();
      },
    });
    assert.deepEqual(
      failures.map(({ result: { trial, wrongs } }) => [
        `npm run faults -- --seed ${trial.seed}`,
        trial,
        wrongs,
      ]),
      [],
    );
    assert.equal(results.length, count);
  });
});
