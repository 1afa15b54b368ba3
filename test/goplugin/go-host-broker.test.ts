/** The broker of our `serve()` under hosts in Go, in both modes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '../everything.ts';
import { goOnThePath, noGo, type GoPluginVersion } from '../plugins/go-programs.ts';
import { runGoHost } from './fixtures/go-host.ts';
import { fixtureCommand, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 320_000 };
/** How many streams are opened in a row. */
const many = everything ? 500 : 150;
const versions = ['v1.6.3', 'v1.7.0', 'v1.8.0'] as const satisfies readonly GoPluginVersion[];

for (const mtls of [true, false]) {
  const mode = mtls ? 'with AutoMTLS' : 'in plaintext';

  for (const goPlugin of versions) {
    test(`multiplexes under a host built with go-plugin ${goPlugin} ${mode}`, limits, async (t) => {
      const steps = ['ping', 'kv', 'large', 'count', 'callback*20', 'offer*20', 'missing', 'burst'];
      await host(t, { flags: [`-mtls=${String(mtls)}`, '-mux'], steps, goPlugin }, (results) => {
        assert.deepEqual(results, {
          ping: 'ok',
          kv: 'blue',
          large: 'true',
          count: '100000, then EOF',
          'callback*20': '20',
          'offer*20': '20',
          missing: 'Nothing was offered under id 4711 within 1000 ms',
          burst: '',
        });
      });
    });
  }

  for (const mux of [true, false]) {
    const inWhat = mux ? 'in one connection' : 'over sockets';
    test(
      `serves a Go host many broker streams in a row and 50 at once, both ways, ${inWhat} ${mode}`,
      limits,
      async (t) => {
        const steps = [`callback*${many}`, 'callback|50', `offer*${many}`, 'offer|50'];
        await host(t, { flags: [`-mtls=${String(mtls)}`, `-mux=${String(mux)}`], steps }, (results) => {
          assert.deepEqual(results, {
            [`callback*${many}`]: String(many),
            'callback|50': '50',
            [`offer*${many}`]: String(many),
            'offer|50': '50',
          });
        });
      },
    );
  }
}

interface Asked {
  readonly flags: readonly string[];
  readonly steps: readonly string[];
  readonly goPlugin?: GoPluginVersion;
}

async function host(
  t: Parameters<typeof leavingNothing>[0],
  { flags, steps, goPlugin }: Asked,
  check: (results: Readonly<Record<string, string>>) => void,
): Promise<void> {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return;
  }
  await leavingNothing(t, async ({ directory }) => {
    // Not TMPDIR: the loader of TypeScript would keep its cache there.
    const env = { PLUGIN_UNIX_SOCKET_DIR: directory };
    const seen = await runGoHost([...flags, '-steps', steps.join(',')], fixtureCommand, {
      env,
      signal: t.signal,
      goPlugin,
    });
    assert.equal(seen.startError, '');
    check(seen.results);
    const complaints = seen.log.filter((line) => ['warn', 'error'].includes(line['@level']));
    assert.deepEqual(complaints, [], 'the host had to kill nothing, and missed nothing');
  });
}
