import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { loadProto, type PluginHost } from 'bulkhead';
import { instances } from './instances.ts';
import { line } from './report.ts';

interface KeyValue {
  put(request: { key: string; value: Uint8Array }): Promise<unknown>;
  get(request: { key: string }): Promise<{ value: Uint8Array }>;
}

/**
 * Two mounts share one container: what one stores, the other reads. The container is killed behind the host's back, and
 * the next call is answered all the same, by the next container.
 */
export async function runKeyValue(
  host: PluginHost,
  name: string,
  image: string,
  { directory }: { directory?: string } = {},
): Promise<void> {
  const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
  assert.ok(definition, 'kv.proto has the service proto.KV');
  const plugin = {
    name,
    sharing: 'always',
    launch: {
      image,
      handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
      protocolVersions: [1],
      // A plugin that writes files needs a place for them: there is none unless it is given.
      ...(directory === undefined ? {} : { tmpfs: [{ path: directory }], workingDirectory: directory }),
    },
  } as const;

  const begin = performance.now();
  await using left = await host.mount(plugin, { id: 'left' });
  line('mounted in', `${Math.round(performance.now() - begin)} ms`);
  await using right = await host.mount(plugin, { id: 'right' });
  const { state } = left.instance;
  assert.ok(state.name === 'ready');
  const { protocolVersion, network, address, tls } = state.handshake;
  line('handshake', `protocol ${protocolVersion}, ${network} ${address}, ${tls ? 'mutual TLS' : 'no TLS'}`);

  await left.client<KeyValue>(definition).put({ key: 'greeting', value: Buffer.from('hello from Node.js') });
  const kv = right.client<KeyValue>(definition);
  const { value } = await kv.get({ key: 'greeting' });
  assert.match(Buffer.from(value).toString(), /^hello from Node\.js/);
  line('stored, read', `by left, by right: ${JSON.stringify(Buffer.from(value).toString())}`);

  assert.ok(state.containerId !== undefined);
  execFileSync('podman', ['kill', state.containerId], { stdio: 'ignore' });
  // `podman kill` does not wait for the end, and a call that a dying plugin may have had is not repeated. Whoever is told
  // that there is no such container any more is told of its end too.
  spawnSync('podman', ['wait', state.containerId], { stdio: 'ignore' });
  line('killed by', 'podman kill, behind our back');
  const killed = performance.now();
  await kv.put({ key: 'greeting', value: Buffer.from('hello again') });
  line('the next call', `answered after ${Math.round(performance.now() - killed)} ms, by a new container`);
  assert.equal(left.instance.id, right.instance.id, 'both mounts have one instance');
  assert.ok(right.instance.state.name === 'ready');
  assert.notEqual(right.instance.state.containerId, state.containerId);
  instances(host);
}
