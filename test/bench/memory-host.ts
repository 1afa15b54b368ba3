/**
 * A host that makes calls of a plugin and tells how much memory it holds afterwards; with `json`, also how fast it was, after
 * as many calls to warm up. See memory.ts and node-versions.ts.
 */
import { startPlugin, subprocessRunner } from '../../src/goplugin/index.ts';
import { probeClient } from '../goplugin/fixtures/probe-client.ts';
import { handshake } from '../goplugin/fixtures/start.ts';

const [command = '', size = '100', inFlight = '8', calls = '40000', form] = process.argv.slice(2);
await using plugin = await startPlugin({
  createRunner: subprocessRunner({ command, args: [] }),
  handshake,
  protocolVersions: [1],
});
const client = await probeClient(plugin);
const data = Buffer.alloc(Number(size), 'x');
if (form === 'json') await makeCalls();
const begin = performance.now();
const cpu = process.cpuUsage();
await makeCalls();
const { user, system } = process.cpuUsage(cpu);
const residentMiB = process.memoryUsage.rss() / 2 ** 20;
const measured = {
  perSecond: (Number(calls) * 1000) / (performance.now() - begin),
  cpuMicrosPerCall: (user + system) / Number(calls),
  residentMiB,
};
process.stdout.write(`${form === 'json' ? JSON.stringify(measured) : residentMiB}\n`);

async function makeCalls(): Promise<void> {
  let left = Number(calls);
  await Promise.all(
    Array.from({ length: Number(inFlight) }, async () => {
      for (; left > 0; left -= 1) await client.echo({ data });
    }),
  );
}
