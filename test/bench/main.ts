/** `npm run bench [NAME...]`: side-by-side measurements, printed as tables with ratios. */
import { benchBroker } from './broker.ts';
import { benchCalls } from './calls.ts';
import { benchCompatibility } from './compatibility.ts';
import { benchDemultiplexer } from './engine-demultiplexer.ts';
import { benchImport } from './engine-import.ts';
import { benchLoad } from './engine-load.ts';
import { benchRoundTrips } from './engine-round-trips.ts';
import { benchFirstReply } from './first-reply.ts';
import { benchHost } from './host.ts';
import { benchLaunch } from './launch.ts';
import { benchVault } from './vault.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  'engine-round-trips': benchRoundTrips,
  'engine-demultiplexer': benchDemultiplexer,
  'engine-load': benchLoad,
  'engine-import': benchImport,
  launch: benchLaunch,
  compatibility: benchCompatibility,
  calls: benchCalls,
  'first-reply': benchFirstReply,
  broker: benchBroker,
  host: benchHost,
  vault: benchVault,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) {
    console.error(`no bench ${name}; there are: ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  await bench();
}
