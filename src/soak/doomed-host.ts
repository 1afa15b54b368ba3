/** A program that opens a host, mounts the plugin, calls it, and goes on until it is killed. */
import { PluginHost, type PluginHostOptions } from '../host/index.ts';

const { options, type, image } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly options: PluginHostOptions;
  readonly type: string;
  readonly image: string;
};
const host = await PluginHost.open(options);
process.stdout.write(`${host.id}\n`);
await host.plugins.register({ type, name: 'doomed', ociImage: image }, { skipProbe: true });
for (;;) {
  const mount = await host.mount(type, 'doomed');
  process.stdout.write('mounted\n');
  await mount.health();
  await mount.close();
}
