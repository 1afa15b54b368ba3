/** `npm run endurance -- --minutes N`: launches, calls, kills and reloads on one host, and what this process holds meanwhile. */
import { writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectEngine } from '../../src/engine/index.ts';
import { BulkheadError, hostLabels, PluginHost } from '../../src/index.ts';
import { heldNow } from '../../src/soak/held.ts';
import { plot, slopeOf, type Sample } from './plot.ts';
import { placesUp, removeProbe, subjectAt } from './subject.ts';
import { ownSocketParent } from '../host/socket-parent.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    every: { type: 'string', default: '0' }, // seconds from the start of a round to that of the next, at least
    engine: { type: 'string' },
    svg: { type: 'string' },
  },
});
const place = placesUp(['runc']).find(({ socketPath }) => (values.engine ?? socketPath) === socketPath);
if (place?.shareDirectory === undefined) throw new Error('no engine is up: run scripts/engines up');
const { subject, probe } = await subjectAt([place]);
await using engine = await connectEngine({ socketPath: place.socketPath });
await using parent = await ownSocketParent({ shareDirectory: place.shareDirectory });
await using host = await PluginHost.open({
  socketPath: place.socketPath,
  runtime: place.runtime,
  socketDirectory: parent.path,
  kinds: { soak: subject.kind },
  restart: { delayMs: 0, maxFailures: Infinity },
  stopGraceMs: 500,
});
await host.plugins.register({ type: 'soak', name: 'kv', ociImage: subject.image }, { skipProbe: true });
const mount = await host.mount('soak', 'kv');
const delay = monitorEventLoopDelay();
delay.enable();
const samples: Sample[] = [];
const begin = performance.now();
const seconds = () => (performance.now() - begin) / 1000;
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    stop.abort();
  });
const failures = new Map<string, number>();
let rounds = 0;
let calls = 0;
while (seconds() < Number(values.minutes) * 60 && !stop.signal.aborted) {
  rounds += 1;
  const roundEnds = wait(Number(values.every) * 1000, undefined, { signal: stop.signal }).catch(
    () => undefined,
  );
  await attempt('launch', async () => {
    const plugin = await host.start({
      image: subject.image,
      handshake: subject.kind.handshake,
      protocolVersions: subject.kind.protocolVersions,
      socketDirectory: parent.path,
    });
    await plugin.health();
    await plugin[Symbol.asyncDispose]();
  });
  await Promise.all(
    Array.from({ length: 20 }, (_, call) =>
      attempt('call', async () => {
        const word = `${rounds}-${call}`;
        const options = { timeoutMs: 30_000, signal: stop.signal };
        if ((await subject.call(mount, word, options)) !== word) throw new Error('another answer');
        calls += 1;
      }),
    ),
  );
  if (rounds % 2 === 0) {
    await attempt('kill', async () => {
      const { state } = mount.instance;
      if (state.name === 'ready' && state.containerId !== undefined)
        await engine.containers.kill(state.containerId);
    });
  } else await attempt('reload', () => host.reload('soak', 'kv'));
  globalThis.gc?.();
  const held = heldNow();
  const containers = await engine.containers.list({
    filters: { label: [`${hostLabels.hostId}=${host.id}`] },
  });
  samples.push({
    seconds: seconds(),
    values: {
      'resident memory, MiB': process.memoryUsage.rss() / 2 ** 20,
      'heap, MiB': process.memoryUsage().heapUsed / 2 ** 20,
      sockets: held.sockets,
      pipes: held.pipes,
      timers: held.timers,
      containers: containers.length,
      'event-loop delay, 99 % in ms': delay.percentile(99) / 1e6,
    },
  });
  await roundEnds;
  delay.reset();
}
console.log(
  `${rounds} rounds in ${(seconds() / 60).toFixed(1)} minutes, ${calls} calls answered, at ${place.name}`,
);
for (const [what, count] of failures) console.log(`${what}: ${count}`);
for (const name of Object.keys(samples[0]?.values ?? {})) {
  // The first tenth is left out, in which code is compiled and caches are filled.
  const later = samples.slice(Math.floor(samples.length / 10));
  console.log(
    `${name}: slope ${(slopeOf(later, name) * 3600).toFixed(3)} an hour, at the end ${(samples.at(-1)?.values[name] ?? 0).toFixed(1)}`,
  );
}
await removeProbe([place], probe.image);
if (values.svg !== undefined) await writeFile(values.svg, plot(samples));
process.exitCode = failures.size === 0 ? 0 : 1;

async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const name = `${what} failed with ${BulkheadError.from(error).code}`;
    failures.set(name, (failures.get(name) ?? 0) + 1);
  }
}
