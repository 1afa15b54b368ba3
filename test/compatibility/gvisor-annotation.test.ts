/** gVisor is told by an annotation of the container to show the sockets, where it takes that and the engine hands it on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unknown, valueOf, gatherEngineFacts, type RuntimeFacts } from '../../src/compatibility/index.ts';
import { compareVersions } from '../../src/engine/internal.ts';
import { liveMatrix } from '../../src/matrix/index.ts';
import { noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { docker, fact, facts, podman, rulesOf, runtime, strategyOf } from './made-facts.ts';
import { probe, probeLaunch } from './probe.ts';
import { connectAll, loadOnAll, suites } from './test-engines.ts';

const runsc = { runtime: 'runsc' };
const annotations = { 'dev.gvisor.flag.host-uds': 'all' };

function dockerWith(version: RuntimeFacts['version'], args: readonly string[], apiVersion = '1.51') {
  const runtimes = { runsc: { ...runtime('runsc', ['--network=none', ...args]), version } };
  return facts({ engine: docker({ runtimes, apiVersion }) });
}
const release = (day: string) => fact(`release-${day}.0`);

describe('gVisor is told by an annotation', () => {
  for (const [name, launch] of [
    ['on Docker since its API 1.43', dockerWith(release('20240729'), [], '1.43')],
    ['as Debian names its releases', dockerWith(fact('0.0~20240729.0'), [])],
    ['where its own flag says less', dockerWith(release('20240729'), ['--host-uds=open'])],
    ['where an older one takes every flag', dockerWith(release('20230320'), ['--allow-flag-override'])],
    [
      'on Podman, also where its arguments are not seen',
      facts({
        engine: podman('runsc', {
          runtimes: { runsc: { ...runtime('runsc'), args: fact(['--network=none', '--ignore-cgroups']) } },
        }),
      }),
    ],
  ] as const) {
    it(name, () => {
      assert.deepEqual(strategyOf(launch, runsc).annotations, annotations);
    });
  }

  it('and not where its flag says so already', () => {
    assert.equal(
      strategyOf(dockerWith(release('20240729'), ['--host-uds=all']), runsc).annotations,
      undefined,
    );
  });

  for (const [name, launch] of [
    ['before July 2023', dockerWith(release('20221219'), [])],
    ['with a Docker that drops annotations', dockerWith(release('20240729'), [], '1.42')],
  ] as const) {
    it(`and is refused without the flag ${name}`, () => {
      assert.deepEqual(rulesOf(launch, runsc), ['runsc-host-uds']);
    });
  }

  it('and is refused without the flag where its release is not known', () => {
    assert.deepEqual(rulesOf(dockerWith(unknown('not seen'), []), runsc), ['runsc-host-uds']);
  });
});

const all = suites();
if (all.size === 0) it('on real engines', { skip: noEngines }, () => undefined);

for (const [suite, testEngines] of all) {
  it(
    `a plugin is called and calls back on Docker of ${suite} with a runsc that nobody has configured`,
    { timeout: 120_000 },
    async (t) => {
      await using connected = await connectAll(testEngines);
      const able = [];
      for (const engine of connected.engines) {
        const { runtimes, apiVersion, kind } = await gatherEngineFacts(engine);
        const { version } = runtimes['runsc-closed'] ?? {};
        const day = Number(/20\d{6}/.exec((version && valueOf(version)) ?? '')?.[0]);
        if (kind === 'docker' && compareVersions(apiVersion, '1.43') >= 0 && day >= 20230701)
          able.push(engine);
      }
      const [first] = testEngines;
      if (able.length === 0 || first === undefined) {
        t.skip(
          'no engine here hands annotations to a runsc of July 2023 or later: run scripts/engines up --suite trixie',
        );
        return;
      }
      await using parent = await ownSocketParent(first);
      const image = await loadOnAll(able, 'go-prober');
      if ('skipped' in image) {
        t.skip(image.skipped);
        return;
      }
      const { cells } = await liveMatrix({
        engines: able,
        image: image.tag,
        launch: (cell) => probeLaunch(parent.path, cell),
        exercise: probe,
        filter: { runtime: ['runsc-closed'], mlock: [false] },
      });
      assert.deepEqual(
        cells.map(({ verdict, live }) => [verdict, live?.error]),
        cells.map(() => ['works', undefined]),
      );
      assert.ok(cells.length > 0);
    },
  );
}
