/** Our `serve()` under a host in Go, built on HashiCorp's go-plugin. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { runGoHost, type GoHostReport } from './fixtures/go-host.ts';
import { fixtureCommand, leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 120_000 };

async function host(t: TestContext, flags: readonly string[], check: (seen: GoHostReport) => void) {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return;
  }
  await leavingNothing(t, async ({ directory }) => {
    // Not TMPDIR: the loader of TypeScript would keep its cache there.
    const env = { PLUGIN_UNIX_SOCKET_DIR: directory };
    check(await runGoHost(flags, fixtureCommand, { env, signal: t.signal }));
  });
}

for (const [mode, flag] of [
  ['with AutoMTLS', '-mtls'],
  ['in plaintext', '-mtls=false'],
] as const) {
  test(
    `serves a Go host ${mode}: calls, streams, errors, deadlines, brokered services both ways`,
    limits,
    async (t) => {
      const steps =
        'ping,kv,metadata,large,status,deadline,count,callback,callback*20,offer,missing,burst'.split(',');
      await host(t, [flag, '-versions', '3', '-steps', steps.join(',')], (seen) => {
        assert.equal(seen.startError, '');
        assert.equal(seen.protocolVersion, 3, 'the highest common version');
        assert.deepEqual(seen.results, {
          ping: 'ok',
          kv: 'blue',
          metadata: '["one"]',
          large: 'true',
          status: 'InvalidArgument: what is elephant?',
          deadline: 'DeadlineExceeded',
          count: '100000, then EOF',
          callback: '21',
          'callback*20': '20',
          offer: 'brokered',
          missing: 'Nothing was offered under id 4711 within 1000 ms',
          burst: '',
        });
      });
    },
  );
}

test('mirrors prints to a Go host to the last one, and its log at its levels', limits, async (t) => {
  await host(t, ['-mtls', '-steps', 'kv,burst'], (seen) => {
    const lines = seen.stdout.split('\n');
    assert.equal(lines[0], 'got colour');
    assert.equal(lines.filter((line) => line.startsWith('line ')).length, 2000);
    assert.equal(lines.at(-2), 'last words');
    assert.equal(seen.stderr, 'put colour\n');
    const put = seen.log.find((line) => line['@message'] === 'put');
    assert.deepEqual([put?.['@level'], put?.['@module'], put?.['key']], ['info', 'fixture', 'colour']);
  });
});

test('ends politely when a Go host asks it to', limits, async (t) => {
  await host(t, ['-mtls', '-steps', 'kv'], (seen) => {
    assert.ok(seen.exited);
    assert.ok(seen.log.some((line) => line['@message'] === 'plugin process exited'));
    const complaints = seen.log.filter((line) => ['warn', 'error'].includes(line['@level']));
    assert.deepEqual(complaints, [], 'the host had to kill nothing, and missed nothing');
  });
});

test('lets a Go host see how it crashed', limits, async (t) => {
  await host(t, ['-steps', 'crash'], (seen) => {
    assert.match(seen.results['crash'] ?? '', /^error: rpc error: code = Unavailable/);
    const exit = seen.log.find((line) => line['@message'] === 'plugin process exited');
    assert.deepEqual([exit?.['@level'], exit?.['error']], ['error', 'exit status 7']);
  });
});

test('explains itself to a Go host with another cookie', limits, async (t) => {
  await host(t, ['-cookie', 'goodbye', '-steps', 'kv'], (seen) => {
    assert.match(seen.startError, /[Uu]nrecognized remote plugin message/);
    const said = seen.log.map((line) => line['@message']).join('\n');
    assert.match(said, /This program is a plugin: it is not meant to be run by hand/);
  });
});
