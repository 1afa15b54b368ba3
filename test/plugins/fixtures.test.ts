import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import {
  HandshakeError,
  PluginCallError,
  PluginError,
  PluginExitedError,
  startPlugin,
  subprocessRunner,
  type Plugin,
} from '../../src/goplugin/index.ts';
import { goFaulty, goOnThePath, noGo } from './go-programs.ts';
import { fixtureHandshake } from './images.ts';
import { kvDefinition } from './kv-service.ts';
import { compiledMain, compiledPlugins } from './node-programs.ts';

type CommandLine = [command: string, ...args: string[]];

/** The command line of each faulty plugin, without its mode. */
const programs: Readonly<Record<string, () => Promise<CommandLine>>> = {
  'in TypeScript': async () => [process.execPath, join(await compiledPlugins(), compiledMain.faulty)],
  'in Go': async () => [await goFaulty()],
};

for (const [language, build] of Object.entries(programs)) {
  const skip = language === 'in Go' && goOnThePath() === undefined ? noGo : false;

  describe(`the faulty plugin ${language}`, { skip, timeout: 300_000 }, () => {
    let commandLine: CommandLine;
    before(async () => {
      commandLine = await build();
    });

    function start(mode: string, startTimeoutMs = 20_000): Promise<Plugin> {
      const [command, ...args] = commandLine;
      return startPlugin({
        createRunner: subprocessRunner({ command, args: [...args, mode] }),
        handshake: fixtureHandshake,
        protocolVersions: [1],
        startTimeoutMs,
      });
    }

    test('is a key/value plugin where nothing else is asked of it', async () => {
      await using plugin = await start('serve');
      const kv = plugin.client(kvDefinition);
      await kv.put({ key: 'greeting', value: Buffer.from('hello') });
      assert.equal(String(Buffer.from((await kv.get({ key: 'greeting' })).value)), 'hello');
      await assert.rejects(
        kv.get({ key: 'absent' }),
        (error: unknown) => error instanceof PluginCallError && error.message.includes('no value for absent'),
      );
      assert.equal((await plugin.stop()).code, 0);
    });

    test('ends with 7 during a call for the key crash, after a word on stderr', async () => {
      await using plugin = await start('serve');
      await assert.rejects(plugin.client(kvDefinition).get({ key: 'crash' }), (error: unknown) => {
        assert.ok(error instanceof PluginExitedError);
        assert.equal(error.exit?.code, 7);
        assert.match(error.output.stderr, /the store is corrupt/);
        return true;
      });
    });

    test('never answers for the key slow', async () => {
      await using plugin = await start('serve');
      const reason = new Error('waited long enough');
      const abort = new AbortController();
      const answer = plugin.client(kvDefinition).get({ key: 'slow' }, { signal: abort.signal });
      // The plugin answers other calls in the meantime, so it has the slow one.
      await plugin.client(kvDefinition).put({ key: 'k', value: Buffer.from('v') });
      abort.abort(reason);
      await assert.rejects(answer, (error) => error === reason);
    });

    test('goes on after it was told to shut down, when it is stubborn', async () => {
      await using plugin = await start('stubborn');
      const exit = await plugin.stop({ graceMs: 300 });
      assert.equal(exit.signal, 'SIGKILL');
    });

    for (const [mode, code, stderr] of [
      ['exit-3', 3, /the license file is missing/],
      ['exit-0', 0, /^$/],
      ['nonsense', 64, /unknown mode "nonsense"/],
    ] as const) {
      test(`ends before the handshake with ${code} in mode ${mode}`, async () => {
        await assert.rejects(start(mode), (error: unknown) => {
          assert.ok(error instanceof PluginError);
          assert.equal(error.exit?.code, code);
          assert.match(error.output.stderr, stderr);
          return true;
        });
      });
    }

    for (const [mode, message] of [
      ['garbage', /Welcome to the plugin!/],
      ['core-2', /version 2 of the core protocol/],
    ] as const) {
      test(`says something that is no handshake for this host in mode ${mode}`, async () => {
        await assert.rejects(start(mode), (error: unknown) => {
          assert.ok(error instanceof HandshakeError);
          assert.match(`${error.message} ${error.output.stdout}`, message);
          return true;
        });
      });
    }

    test('says nothing in mode silent', async () => {
      await assert.rejects(
        start('silent', 500),
        (error: unknown) => error instanceof PluginError && error.output.stdout === '',
      );
    });
  });
}
