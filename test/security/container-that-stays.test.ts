/** A container that could not be removed may live: its folder stays, and is named. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CleanupError, FolderCleanupError, hostLabels, PluginHost } from '../../src/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { disposeAfter } from '../../src/container/dispose-after.ts';
import { makePluginFolder } from '../../src/container/sockets/plugin-folder.ts';
import { FolderNotRemovedError } from '../../src/linux/remove-tree.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';

const engines = loadEngines().filter(({ rootless }) => !rootless);
const limits = { timeout: 120_000 };

if (engines.length === 0) it('keeps the folder of a container', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services.filter((each) => each.runtime === 'runc')) {
    it(
      `keeps and names the folder of a container that ${testEngine.suite} ${testEngine.name} could not remove`,
      limits,
      async () => {
        await using engine = await connectEngine({ socketPath: socket });
        const image = await loadFixture(engine, anyKeyValue);
        assert.ok(image.skipped === undefined);
        await using parent = await ownSocketParent(testEngine);
        const proxy = await startFaultProxy({ target: socket });
        const host = await PluginHost.open({
          socketPath: proxy.socketPath,
          runtime,
          socketDirectory: parent.path,
        });
        try {
          const plugin = await host.start({
            image: image.tag,
            handshake: fixtureHandshake,
            protocolVersions: [1],
          });
          await proxy[Symbol.asyncDispose](); // the engine can't be reached any more
          const error = await plugin[Symbol.asyncDispose]().then(
            () => undefined,
            (reason: unknown) => reason,
          );
          assert.ok(error instanceof CleanupError, String(error));
          assert.ok(error.folder?.startsWith(parent.path) === true, error.message);
          assert.ok(error.message.includes(error.folder));
          assert.ok((await stat(error.folder)).isDirectory());
          await host.close().catch(() => undefined);
          const [owned = ''] = await readdir(parent.path);
          assert.ok(
            (await readdir(join(parent.path, owned))).includes('owner.json'),
            'a later sweep finds whose it was',
          );
        } finally {
          await host.close().catch(() => undefined);
          const filters = { label: [`${hostLabels.hostId}=${host.id}`] };
          for (const { id } of await engine.containers.list({ all: true, filters })) {
            await engine.containers.remove(id, { force: true });
          }
        }
      },
    );
  }
}

describe('the error of a folder', () => {
  it('hides no error that came before, and is not hidden by it', async () => {
    await using directory = await makePluginFolder({ mode: 0o770 });
    const left = new FolderNotRemovedError('/folder', 'somebody is in it');
    const failing = { ...directory, path: directory.path, [Symbol.asyncDispose]: () => Promise.reject(left) };
    const first = new Error('the plugin did not start');
    const both = await disposeAfter(first, failing);
    assert.ok(both instanceof FolderCleanupError && both.code === 'CLEANUP_FAILED');
    assert.match(both.message, /the plugin did not start; besides, .*somebody is in it/);
    assert.deepEqual((both.cause as AggregateError).errors, [first, left]);
    const kept: Error = await disposeAfter(new CleanupError('container', { cause: first }), directory);
    assert.ok((await stat(directory.path)).isDirectory(), 'the folder is not touched');
    assert.ok(kept instanceof CleanupError && kept.folder === directory.path && kept.cause === first);
  });
});
