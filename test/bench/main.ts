/** `npm run bench [NAME...]`: side-by-side measurements, printed as tables with ratios. */
import { benchLaunch } from './launch.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { launch: benchLaunch };

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) {
    console.error(`no bench ${name}; there are: ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  await bench();
}
