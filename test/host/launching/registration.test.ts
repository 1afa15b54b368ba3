/** What is registered has been tried; what can not run here is refused, with every reason. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, it } from 'node:test';
import { hostLabels, type PluginKind } from '../../../src/index.ts';
import { containerOf, describeCells, only, sharedKind, type Cell, type KeyValue } from '../cell.ts';

const limits = { timeout: 120_000 };
const secret = 's3cret-value';

describeCells('registration', (openCell, _, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  it('starts the plugin as it will run, and says which digest matched', limits, () =>
    cell.withHost({}, async (host) => {
      const { id } = await cell.engine.images.inspect(cell.image);
      const plugin = {
        type: 'kv',
        name: 'kv',
        version: '1.0',
        ociImage: cell.image,
        sha256: id,
        env: { TOKEN: secret },
      };
      const registered = await host.plugins.register(plugin);
      assert.equal(registered.probe?.imageId, id);
      assert.equal(registered.probe.matched, 'id');
      assert.equal(registered.plugin.version, 'v1.0.0');
      assert.ok(
        !JSON.stringify([registered, await host.plugins.list()]).includes(secret),
        'no secret is shown',
      );
      assert.deepEqual(await cell.remains(host), []);
    }),
  );

  itInTurn('says before a start whether a plugin can run here, and why not', limits, () =>
    cell.withHost({}, async (host) => {
      await host.runtimes.register({ type: 'container', name: 'strange', ociRuntime: 'no-such-runtime' });
      const plugin = { type: 'kv', name: 'kv', ociImage: cell.image };
      await host.plugins.register(plugin, { skipProbe: true });
      assert.equal((await host.check('kv', 'kv')).status, 'works');
      await host.plugins.register({ ...plugin, version: '2.0.0', runtime: 'strange' }, { skipProbe: true });
      const strange = host.check('kv', 'kv', { version: '2.0.0' });
      const verdict = await strange.catch((error: unknown) => error);
      if (verdict instanceof Error)
        assert.match(verdict.message, /no-such-runtime/); // Podman has no service for it
      else assert.match(JSON.stringify(verdict), /"refused".*no-such-runtime/);
    }),
  );

  itInTurn('passes on every setting of a plugin runtime to the container', limits, () =>
    cell.withHost({}, async (host) => {
      await host.runtimes.register({
        type: 'container',
        name: 'whole',
        ociRuntime: 'runc',
        memoryBytes: 128 << 20,
        user: '65532:65532',
        readOnlyRootFilesystem: false,
        tmpfs: [{ path: '/scratch', sizeBytes: 1 << 20 }],
        ulimits: [{ name: 'nofile', soft: 256, hard: 512 }],
      });
      await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image, runtime: 'whole' });
      await host.mount('kv', 'kv');
      const made = await cell.engine.containers.inspect(containerOf(only(host)));
      assert.equal(made.memoryBytes, 128 << 20);
      assert.equal(made.config.user, '65532:65532');
      assert.equal(made.readOnlyRootFilesystem, false);
      assert.ok(
        made.mounts.some(({ target, type }) => target === '/scratch' && type === 'tmpfs'),
        'tmpfs',
      );
      assert.deepEqual(
        made.ulimits.find(({ name }) => name === 'nofile'),
        { name: 'nofile', soft: 256, hard: 512 },
      );
    }),
  );

  itInTurn(
    'refuses what does not start, is not there, or is another image, and keeps nothing of it',
    limits,
    () =>
      cell.withHost({}, async (host) => {
        const plugin = { type: 'kv', name: 'kv', ociImage: cell.image };
        const cases: [string, object, RegExp][] = [
          ['PLUGIN_EXITED', { args: ['exit-3'] }, /the license file is missing/],
          ['HANDSHAKE_NOT_RECOGNISED', { args: ['garbage'] }, /./],
          ['IMAGE_NOT_PRESENT', { ociImage: 'localhost/no-such:1' }, /localhost\/no-such:1/],
          [
            'IMAGE_NOT_PRESENT',
            { ociImage: 'localhost/no-such', version: '2.0.0' },
            /localhost\/no-such:2\.0\.0/,
          ],
          [
            'IMAGE_DIGEST_MISMATCH',
            { sha256: '0'.repeat(64) },
            /it has sha256:[0-9a-f]{64}.*not sha256:0{64}/,
          ],
          ['CATALOG_NOT_FOUND', { runtime: 'nowhere' }, /plugin runtime "nowhere"/],
          ['INVALID_OPTION', { type: 'unheard-of' }, /knows no plugins of type/],
          ['INVALID_OPTION', { env: ['BASIC_PLUGIN=x'] }, /BASIC_PLUGIN is set by the go-plugin protocol/],
        ];
        for (const [code, change, text] of cases) {
          await assert.rejects(
            host.plugins.register({ ...plugin, ...change }),
            (error: Error & { code?: string }) => {
              assert.equal(error.code, code, error.message);
              assert.match(error.message, text);
              return true;
            },
          );
        }
        await host.runtimes.register({ type: 'container', name: 'strange', ociRuntime: 'no-such-runtime' });
        await assert.rejects(host.plugins.register({ ...plugin, runtime: 'strange' }), {
          code: 'LAUNCH_REFUSED',
        });
        await host.runtimes.register({ type: 'container', name: 'mine', rootless: true });
        await assert.rejects(host.plugins.register({ ...plugin, runtime: 'mine' }), /is rootful/);
        const { id } = await cell.engine.images.inspect(cell.image);
        await assert.rejects(
          host.plugins.register({ ...plugin, ociImage: 'localhost/other:1', sha256: id }),
          (error: Error & { hint?: string }) => {
            assert.match(error.hint ?? '', new RegExp(`is there as .*${cell.image}`));
            return true;
          },
        );
        assert.deepEqual((await host.plugins.list()).entries, []);
      }),
  );

  itInTurn('holds against the plugin what it says of itself, and finds out its type', limits, async () => {
    const says: PluginKind = {
      ...sharedKind,
      probe: () => Promise.resolve({ type: 'talking', version: '1.2.3' }),
    };
    const silent: PluginKind = {
      ...sharedKind,
      handshake: { magicCookieKey: 'OTHER', magicCookieValue: 'x' },
    };
    await cell.withHost({ kinds: { silent, talking: says, other: says } }, async (host) => {
      const plugin = { name: 'kv', ociImage: cell.image };
      await assert.rejects(host.plugins.register({ ...plugin, type: 'other' }), { code: 'PLUGIN_MISMATCH' });
      const wrongVersion = host.plugins.register({ ...plugin, type: 'talking', version: '1.2.4' });
      await assert.rejects(wrongVersion, /reports the version v1\.2\.3, not v1\.2\.4/);
      const { plugin: found } = await host.plugins.register({ ...plugin, type: 'unknown', version: '1.2.3' });
      assert.equal(found.type, 'talking');
    });
  });

  itInTurn('is shared by two hosts of one directory, which are one cluster', limits, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bulkhead-'));
    try {
      await cell.withHost({ directory }, (first) =>
        cell.withHost({ directory }, async (second) => {
          assert.equal(first.clusterId, second.clusterId);
          await Promise.all(
            Array.from({ length: 10 }, (_, i) =>
              (i % 2 === 0 ? first : second).plugins.register(
                { type: 'kv', name: `kv-${i}`, ociImage: cell.image },
                { skipProbe: true },
              ),
            ),
          );
          assert.equal((await first.plugins.list()).entries.length, 10);
          await first.plugins.deregister('kv', 'kv-0');
          await assert.rejects(second.mount('kv', 'kv-0'), { code: 'CATALOG_NOT_FOUND' });
          const mount = await second.mount('kv', 'kv-2');
          await mount.client<KeyValue>(cell.definition).put({ key: 'k', value: Buffer.from('v') });
        }),
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  itInTurn(
    'shows in labels, name, events, counters and log whose a container is, and no secret anywhere',
    limits,
    async () => {
      const said: unknown[] = [];
      const listener = (message: unknown): void => {
        said.push(message);
      };
      const channels = ['instance', 'start', 'end', 'call', 'mount', 'sweep'].map(
        (name) => `bulkhead:${name}`,
      );
      const log = (message: string, fields: object): void => {
        said.push([message, fields]);
      };
      for (const channel of channels) subscribe(channel, listener);
      try {
        const logger = { debug: log, info: log, warn: log, error: log };
        await cell.withHost({ vaultLabels: true, clusterId: 'test-labels', logger }, async (host) => {
          const plugin = {
            type: 'kv',
            name: 'team/kv',
            version: '1.2.3',
            ociImage: cell.image,
            env: { TOKEN: secret },
          };
          await host.plugins.register(plugin, { skipProbe: true });
          const mount = await host.mount('kv', 'team/kv', { id: 'm1' });
          await mount.client<KeyValue>(cell.definition).put({ key: secret, value: Buffer.from(secret) });
          const { name, config } = await cell.engine.containers.inspect(containerOf(only(host)));
          assert.match(name, /^bulkhead-kv-team-kv-v1\.2\.3-[0-9a-f]{12}$/);
          const { labels } = config;
          const expected = {
            [hostLabels.hostId]: host.id,
            [hostLabels.clusterId]: 'test-labels',
            [hostLabels.processId]: String(process.pid),
            [hostLabels.pluginName]: 'team/kv',
            [hostLabels.pluginType]: 'kv',
            [hostLabels.pluginVersion]: 'v1.2.3',
            [hostLabels.instanceId]: only(host).id,
            'com.hashicorp.vault.pid': String(process.pid),
            'com.hashicorp.vault.cluster.id': 'test-labels',
            'com.hashicorp.vault.plugin.name': 'team/kv',
            'com.hashicorp.vault.plugin.type': 'kv',
            'com.hashicorp.vault.plugin.version': 'v1.2.3',
          };
          for (const [label, value] of Object.entries(expected)) assert.equal(labels[label], value, label);
          const text = host.prometheus();
          assert.match(text, /^bulkhead_calls_total\{type="kv",name="team\/kv"\} 1$/m);
          assert.match(text, /^bulkhead_instances\{state="ready"\} 1$/m);
          said.push(text, host.metrics(), host.instances());
        });
      } finally {
        for (const channel of channels) unsubscribe(channel, listener);
      }
      assert.ok(said.length > 8, 'something was said');
      assert.ok(!JSON.stringify(said).includes(secret), 'no secret');
    },
  );
});
