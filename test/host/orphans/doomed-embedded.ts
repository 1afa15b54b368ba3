/** Run by a test as another process, to be killed: a host with a Podman of its own, and a plugin on it. */
import { PluginHost } from '../../../src/index.ts';
import { fixtureHandshake, loadFixture } from '../../plugins/images.ts';

const [root = '', runRoot = '', parent = '', directory = '', ...runtimes] = process.argv.slice(2);
const host = await PluginHost.open({
  embedded: true,
  podman: { root, runRoot },
  ...(directory !== '' && { directory }),
  socketDirectory: parent,
  sweep: false,
});
for (const runtime of runtimes) {
  // One in Go goes on without its host; one in TypeScript ends by itself.
  const engine = await host.engine(runtime);
  const inGo = await loadFixture(engine, 'go-faulty');
  const image = inGo.skipped === undefined ? inGo : await loadFixture(engine, 'node-faulty');
  if (image.skipped !== undefined) throw new Error(image.skipped);
  const options = { image: image.tag, runtime, handshake: fixtureHandshake, protocolVersions: [1] };
  const plugin = await host.start(options);
  process.stdout.write(`${plugin.id ?? ''}\n`);
}
setInterval(() => undefined, 3_600_000);
