/** What a plugin in TypeScript can do under a host in Go, by the go-plugin that the host is built with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goOnThePath, goPluginVersions, noGo } from '../plugins/go-programs.ts';
import { runGoHost } from './fixtures/go-host.ts';
import { fixtureCommand, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 320_000 };

/** In the order in which they are done; `crash` ends the plugin. */
const expected = {
  ping: 'ok',
  kv: 'blue',
  metadata: '["one"]',
  large: 'true',
  status: 'InvalidArgument: what is elephant?',
  deadline: 'DeadlineExceeded',
  leave: 'Canceled',
  count: '100000, then EOF',
  callback: '21',
  offer: 'brokered',
  missing: 'Nothing was offered under id 4711 within 1000 ms',
  burst: '',
};

for (const goPlugin of goPluginVersions) {
  for (const mtls of [true, false]) {
    const mode = mtls ? 'with AutoMTLS' : 'in plaintext';
    test(`a host built with go-plugin ${goPlugin} ${mode}: every feature`, limits, async (t) => {
      if (goOnThePath() === undefined) {
        t.skip(noGo);
        return;
      }
      await leavingNothing(t, async ({ directory }) => {
        const seen = await runGoHost(
          [`-mtls=${String(mtls)}`, '-versions', '3', '-steps', Object.keys(expected).join(',')],
          fixtureCommand,
          { env: { PLUGIN_UNIX_SOCKET_DIR: directory }, signal: t.signal, goPlugin },
        );
        assert.equal(seen.startError, '');
        assert.equal(seen.protocolVersion, 3);
        assert.deepEqual(seen.results, expected);
        assert.ok(seen.exited);
        assert.ok(seen.stdout.endsWith('last words\n'), 'every print, to the last');
        const killed = seen.log.filter((line) => line['@message'].includes('failed to exit gracefully'));
        assert.deepEqual(killed, [], 'it ended politely');
      });
    });
  }
}

test('streams a million messages to a Go host', limits, async (t) => {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return;
  }
  await leavingNothing(t, async ({ directory }) => {
    const seen = await runGoHost(['-mtls', '-steps', 'million'], fixtureCommand, {
      env: { PLUGIN_UNIX_SOCKET_DIR: directory },
      signal: t.signal,
    });
    assert.deepEqual(seen.results, { million: '1000000, then EOF' });
  });
});
