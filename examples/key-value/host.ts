/** A program that embeds a host: two mounts of one plugin, which carry on when its container is lost. */
import { loadImage, loadProto, packNodePlugin, PluginHost, type RoutedCallOptions } from 'bulkhead';
import type { Pair } from './pair.js';

interface KeyValue {
  put(pair: Pair, options?: RoutedCallOptions): Promise<Pair>;
  get(pair: Pick<Pair, 'key'>, options?: RoutedCallOptions): Promise<Pair>;
}

const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort(new Error('interrupted'));
});
const { signal } = interrupted;

const { 'example.KeyValue': definition } = await loadProto('key-value.proto');
if (definition === undefined) throw new Error('key-value.proto has no example.KeyValue');

const host = await PluginHost.open({ signal });
try {
  const engine = await host.engine();
  const image = await packNodePlugin({
    tag: 'localhost/example-key-value:1',
    directory: import.meta.dirname,
    main: 'plugin.js',
    packages: ['bulkhead'],
    signal,
  });
  await loadImage(engine, image, { signal });

  const launch = {
    image: 'localhost/example-key-value:1',
    handshake: { magicCookieKey: 'EXAMPLE_KEY_VALUE', magicCookieValue: 'd2c1' },
    protocolVersions: [1],
  };
  const plugin = { name: 'key-value', launch, sharing: 'always' } as const;
  const colours = await host.mount(plugin, { signal });
  const numbers = await host.mount(plugin, { signal });
  console.log(`${host.mounts().length} mounts on ${host.instances().length} container`);

  await colours.client<KeyValue>(definition).put({ key: 'sky', value: 'blue' });
  // Both mounts use the same plugin, so that one sees what the other wrote.
  console.log((await numbers.client<KeyValue>(definition).get({ key: 'sky' })).value);

  const state = host.instances()[0]?.state;
  if (state?.name !== 'ready' || state.containerId === undefined)
    throw new Error('the plugin is not running');
  await engine.containers.kill(state.containerId);
  // The call waits for the next container, which has forgotten what the first one kept in memory.
  const { value } = await numbers.client<KeyValue>(definition).get({ key: 'sky' });
  console.log(value === '' ? 'answered by a new container' : value);
} finally {
  await host.close();
}
