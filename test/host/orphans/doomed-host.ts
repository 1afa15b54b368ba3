/** Run by a test as another process, to be killed: opens a host and starts plugins, once or again and again. */
import { PluginHost, type LaunchOptions } from '../../../src/index.ts';
import { fixtureHandshake } from '../../plugins/images.ts';

const [socketPath = '', image = '', parent = '', clusterId = '', task = 'stay'] = process.argv.slice(2);
const host = await PluginHost.open({
  socketPath,
  clusterId,
  runtime: 'runc',
  socketDirectory: parent,
  sweep: false,
  watchdog: task === 'watched',
});
const launch: LaunchOptions = { image, handshake: fixtureHandshake, protocolVersions: [1] };
process.stdout.write(`${host.id}\n`);
if (task === 'launch') {
  for (;;) await (await host.start(launch))[Symbol.asyncDispose]();
} else {
  await Promise.all([host.start(launch), host.mount({ launch })]);
  process.stdout.write('started\n');
  setInterval(() => undefined, 3_600_000);
}
