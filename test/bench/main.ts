/**
 * `npm run bench [NAME...]`: side-by-side measurements, printed as tables with ratios. With `-- --report`, those that compare
 * with Go (all of them, if none is named) also write `test/bench/REPORT.md`.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchBroker } from './broker.ts';
import { benchCalls } from './calls.ts';
import { benchCompatibility } from './compatibility.ts';
import { benchDemultiplexer } from './engine-demultiplexer.ts';
import { benchImport } from './engine-import.ts';
import { benchLoad } from './engine-load.ts';
import { benchRoundTrips } from './engine-round-trips.ts';
import { benchFirstReply } from './first-reply.ts';
import { tableOf, type Figure } from './figures.ts';
import { benchHost } from './host.ts';
import { benchLaunch } from './launch.ts';
import { benchMemory } from './memory.ts';
import { benchMounted } from './mounted.ts';
import { benchNodeVersions } from './node-versions.ts';
import { surroundings, writeReport } from './report.ts';
import { benchServed } from './served.ts';
import { benchServer } from './server.ts';
import { benchStreaming } from './streaming.ts';
import { benchVault } from './vault.ts';

/** Returns figures beside those of Go. */
type Bench = () => Promise<readonly Figure[]>;

/** A bench that prints its tables itself. */
function printing(bench: () => Promise<void>): Bench {
  return async () => {
    await bench();
    return [];
  };
}

const benches: Readonly<Record<string, Bench>> = {
  'engine-round-trips': printing(benchRoundTrips),
  'engine-demultiplexer': printing(benchDemultiplexer),
  'engine-load': printing(benchLoad),
  'engine-import': printing(benchImport),
  launch: benchLaunch,
  compatibility: printing(benchCompatibility),
  calls: benchCalls,
  mounted: benchMounted,
  streaming: benchStreaming,
  served: benchServed,
  'first-reply': benchFirstReply,
  broker: benchBroker,
  memory: benchMemory,
  'node-versions': benchNodeVersions,
  host: printing(benchHost),
  vault: printing(benchVault),
  server: printing(benchServer),
};

/** Those of the report, in its order. */
const reported = [
  ...[
    'calls',
    'mounted',
    'streaming',
    'served',
    'first-reply',
    'broker',
    'launch',
    'memory',
    'node-versions',
  ],
];

const words = process.argv.slice(2);
const asked = words.filter((word) => word !== '--report');
const figures: Figure[] = [];
console.log(surroundings());
const usual = words.includes('--report') ? reported : Object.keys(benches);
for (const name of asked.length > 0 ? asked : usual) {
  const bench = benches[name];
  if (bench === undefined) {
    console.error(`no bench ${name}; there are: ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  const made = await bench();
  for (const figure of made) console.log(tableOf(figure));
  figures.push(...made);
}
if (words.includes('--report')) {
  // The benches may run compiled, in a copy of the checkout.
  await writeReport(
    process.env['BULKHEAD_REPORT_FOLDER'] ?? dirname(fileURLToPath(import.meta.url)),
    figures,
  );
}
