/** A host that makes calls of a plugin and tells how much memory it holds after each load; see memory.ts. */
import { startPlugin, subprocessRunner } from '../../src/goplugin/index.ts';
import { probeClient } from '../goplugin/fixtures/probe-client.ts';
import { handshake } from '../goplugin/fixtures/start.ts';

const [command = '', size = '100', inFlight = '8', calls = '40000'] = process.argv.slice(2);
await using plugin = await startPlugin({
  createRunner: subprocessRunner({ command, args: [] }),
  handshake,
  protocolVersions: [1],
});
const client = await probeClient(plugin);
const data = Buffer.alloc(Number(size), 'x');
let left = Number(calls);
await Promise.all(
  Array.from({ length: Number(inFlight) }, async () => {
    for (; left > 0; left -= 1) await client.echo({ data });
  }),
);
process.stdout.write(`${process.memoryUsage.rss() / 2 ** 20}\n`);
