/**
 * A real plugin of Vault's, as HashiCorp publishes it, on every engine: registered, shared by two mounts that keep their
 * secrets apart, killed, and serving again with what the host has stored for it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { service, type Plugin, type UnaryCall } from '../../src/goplugin/index.ts';
import { loadProto, type MountContext } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { withFixture } from '../host/with-fixture.ts';

const limits = { timeout: 120_000 };
const engines = loadEngines();
if (engines.length === 0) it('runs a plugin of Vault', { skip: noEngines }, () => undefined);

type Service = NonNullable<Awaited<ReturnType<typeof loadProto>>[string]>;

interface Backend {
  setup: UnaryCall<
    { broker_id: number; Config: Record<string, string>; backendUUID: string },
    { err: string }
  >;
  initialize: UnaryCall<object, { err: unknown }>;
  handleRequest: UnaryCall<
    { request: { operation: string; path: string; data: string } },
    { response: { data: string } | null; err: { err_msg: string } | null }
  >;
}

interface Entry {
  readonly key: string;
  readonly value: Buffer;
}

const services = await loadProto('test/plugins/proto/vault-backend.proto');
const backend = serviceNamed('pb.Backend');
const storage = serviceNamed('pb.Storage');
const systemView = serviceNamed('pb.SystemView');

function serviceNamed(name: string): Service {
  const found = services[name];
  assert.ok(found);
  return found;
}

/** What the host keeps for one mount, and the Setup and Initialize that a plugin gets with it. */
function prepareWith(entries: Map<string, Buffer>) {
  const hour = { TTL: 3_600_000_000_000 };
  const served = [
    service(storage, {
      get: ({ key }: { key: string }) => ({
        entry: entries.has(key) ? { key, value: entries.get(key) } : null,
      }),
      put: ({ entry }: { entry: Entry }) => {
        entries.set(entry.key, entry.value);
        return {};
      },
    }),
    service(systemView, { DefaultLeaseTTL: () => hour, MaxLeaseTTL: () => hour }),
  ];
  return async (plugin: Plugin, { mountId, metadata, signal }: MountContext): Promise<void> => {
    const client = plugin.client<Backend>(backend);
    const offer = await plugin.broker.serve(served);
    const request = { broker_id: offer.id, Config: { version: '1' }, backendUUID: mountId };
    assert.equal((await client.setup(request, { metadata, signal })).err, '');
    assert.equal((await client.initialize({}, { metadata, signal })).err, null);
  };
}

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services.filter((each) => each.runtime !== 'crun')) {
    describe(`${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      it('runs the key/value secrets engine of Vault', limits, (t) =>
        withFixture(
          t,
          { testEngine, runtime, socket },
          'go-vault-kv',
          async ({ engine, host, image: ociImage }) => {
            const registration = { name: 'kv', ociImage };
            await assert.rejects(host.plugins.register({ ...registration, type: 'auth' }), {
              code: 'PLUGIN_MISMATCH',
            });
            const { plugin } = await host.plugins.register({ ...registration, type: 'secret' });
            assert.equal(plugin.type, 'secret');

            const [ours, theirs] = [new Map<string, Buffer>(), new Map<string, Buffer>()];
            const mount = await host.mount('secret', 'kv', { prepare: prepareWith(ours) });
            const other = await host.mount('secret', 'kv', { prepare: prepareWith(theirs) });
            const [instance, ...more] = host.instances();
            assert.ok(instance?.state.name === 'ready' && more.length === 0);

            const client = mount.client<Backend>(backend);
            const data = JSON.stringify({ text: 'hello' });
            const written = await client.handleRequest({
              request: { operation: 'update', path: 'greeting', data },
            });
            assert.equal(written.err, null);
            assert.deepEqual([[...ours.keys()], [...theirs.keys()]], [['greeting'], []]);
            const read = { request: { operation: 'read', path: 'greeting', data: '{}' } };
            assert.equal((await other.client<Backend>(backend).handleRequest(read)).response, null);

            await engine.containers.kill(instance.state.containerId ?? '');
            const { response } = await client.handleRequest(read);
            assert.deepEqual((JSON.parse(response?.data ?? '{}') as { text: string }).text, 'hello');
            assert.equal(host.instances()[0]?.restarts, 1);
          },
        ),
      );
    });
  }
}
