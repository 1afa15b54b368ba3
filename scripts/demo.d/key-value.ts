import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { loadProto, PluginExitedError, type Plugin, type PluginHost } from 'bulkhead';
import { line } from './report.ts';

interface KeyValue {
  put(request: { key: string; value: Uint8Array }): Promise<unknown>;
  get(request: { key: string }): Promise<{ value: Uint8Array }>;
}

/** Stores and reads a value, loses the plugin to somebody else's kill, and starts it again. */
export async function runKeyValue(
  host: PluginHost,
  image: string,
  { directory }: { directory?: string } = {},
): Promise<void> {
  const services = await loadProto('test/plugins/proto/kv.proto');
  const definition = services['proto.KV'];
  assert.ok(definition, 'kv.proto has the service proto.KV');
  const launch = () =>
    launchAndReport(host, {
      image,
      handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
      protocolVersions: [1],
      // A plugin that writes files needs a place for them: there is none unless it is given.
      ...(directory === undefined ? {} : { tmpfs: [{ path: directory }], workingDirectory: directory }),
    });

  await using first = await launch();
  const kv = first.client<KeyValue>(definition);
  await kv.put({ key: 'greeting', value: Buffer.from('hello from Node.js') });
  line('stored', 'greeting');
  const { value } = await kv.get({ key: 'greeting' });
  assert.match(Buffer.from(value).toString(), /^hello from Node\.js/);
  line('read back', JSON.stringify(Buffer.from(value).toString()));

  assert.ok(first.id !== undefined);
  execFileSync('podman', ['kill', first.id], { stdio: 'ignore' });
  line('killed by', 'podman kill, behind our back');
  const error: unknown = await kv.get({ key: 'greeting' }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PluginExitedError, 'a call to a killed plugin ends with a PluginExitedError');
  assert.equal(error.exit?.code, 137);
  line('the next call', `${error.code}: ${error.message}`);

  await using second = await launch();
  await second.health();
  line('started again', 'and healthy');
}

export async function launchAndReport(
  host: PluginHost,
  options: Parameters<PluginHost['start']>[0],
): Promise<Plugin> {
  const begin = performance.now();
  const plugin = await host.start(options);
  line('launched in', `${Math.round(performance.now() - begin)} ms`);
  const { protocolVersion, network, address, tls } = plugin.handshake;
  line('handshake', `protocol ${protocolVersion}, ${network} ${address}, ${tls ? 'mutual TLS' : 'no TLS'}`);
  return plugin;
}
