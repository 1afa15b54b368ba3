/** A cell works only where everything came through that the plugin and its host have to say to each other. */
import assert from 'node:assert/strict';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { MatrixRow } from '../../src/compatibility/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import type { Plugin } from '../../src/goplugin/index.ts';
import { exerciseBackend, exerciseDatabase } from '../../src/kinds/vault/exercise.ts';
import { vaultKinds } from '../../src/kinds/vault/kinds.ts';
import { liveMatrix, type LiveMatrixOptions } from '../../src/matrix/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake, loadFixture, type FixtureName } from '../plugins/images.ts';

const limits = { timeout: 120_000 };
const [testEngine] = loadEngines().filter(({ name }) => name === 'docker-rootful');

describe('a cell of the live matrix', { skip: testEngine === undefined && noEngines }, () => {
  /** Launches the plugin as a user that is not root: what the host keeps for itself is closed to it. */
  async function launch(
    t: TestContext,
    fixture: FixtureName,
    optionsIn: (folder: string) => Partial<LiveMatrixOptions> & Pick<LiveMatrixOptions, 'launch'>,
  ): Promise<MatrixRow | undefined> {
    assert.ok(testEngine);
    await using engine = await connectEngine({ socketPath: testEngine.services[0]?.socket });
    await using sockets = await ownSocketParent(testEngine);
    const image = await loadFixture(engine, fixture);
    if (image.skipped !== undefined) {
      t.skip(image.skipped);
      return undefined;
    }
    const options = optionsIn(sockets.path);
    const { cells } = await liveMatrix({
      engines: [engine],
      image: image.tag,
      filter: { runtime: ['runc'], user: ['non-root'], mlock: [false] },
      ...options,
      launch: { ...(options.launch as object), socketDirectory: sockets.path } as LiveMatrixOptions['launch'],
    });
    return cells[0];
  }
  const { handshake: cookie, protocolVersions: versions, env: variables } = vaultKinds.secret;
  const asSecret = { handshake: cookie, protocolVersions: versions, env: variables };

  it('fails where the plugin can be called, and does not reach its storage', limits, async (t) => {
    const row = await launch(t, 'go-vault-kv', (folder) => ({
      launch: asSecret,
      exercise: (plugin, context) => exerciseBackend(withoutSocketsOfTheHost(plugin, folder), context),
    }));
    if (row === undefined) return;
    assert.equal(row.agrees, false);
    assert.equal(row.live?.error?.code, 'PLUGIN_CHANNEL_SILENT', row.live?.error?.message);
    assert.match(row.live.error.message, /never reached its storage .*connection error/);
    assert.deepEqual(row.live.channels, {
      call: 'carried',
      callback: 'failed',
      stdio: 'silent',
      log: 'carried',
    });
  });

  it('asks a database plugin what it is', limits, async (t) => {
    const { handshake, protocolVersions, env } = vaultKinds.database;
    const row = await launch(t, 'go-vault-database', () => ({
      launch: { handshake, protocolVersions, env },
      exercise: exerciseDatabase,
    }));
    if (row === undefined) return;
    assert.equal(row.live?.error, undefined);
    assert.equal(row.live?.channels?.call, 'carried');
    assert.equal(row.live.channels.shutdown, 'carried');
  });

  it('fails where what the exercise waits for never comes, when its time is over', limits, async (t) => {
    const row = await launch(t, 'node-kv', () => ({
      launch: { handshake: fixtureHandshake, protocolVersions: [1] },
      channelTimeoutMs: 300,
      exercise: (_plugin, { printed }) => printed('words that nobody says'),
    }));
    assert.equal(row?.live?.error?.code, 'PLUGIN_CHANNEL_SILENT');
    assert.equal(row.live.channels?.stdio, 'failed');
  });
});

/** The plugin of a host whose sockets are gone as soon as they are made, as where a policy denies them. */
function withoutSocketsOfTheHost(plugin: Plugin, folder: string): Plugin {
  const broker: Plugin['broker'] = {
    dial: (...args) => plugin.broker.dial(...args),
    async serve(...args) {
      const offer = await plugin.broker.serve(...args);
      for (const path of await socketsIn(folder))
        if (path !== plugin.handshake.hostAddress.address) await unlink(path);
      return offer;
    },
  };
  return new Proxy(plugin, {
    get(target, name) {
      if (name === 'broker') return broker;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function socketsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isSocket()).map(({ parentPath, name }) => join(parentPath, name));
}
