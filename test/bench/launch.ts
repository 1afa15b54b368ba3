/** Launch times on every engine and runtime that is up: from the call of `start` to a healthy plugin. */
import { connectEngine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { median } from './table.ts';
import { fixtureHandshake, loadFixture, type FixtureName } from '../plugins/images.ts';

const rounds = 5;
const fixtures: readonly FixtureName[] = ['go-example-kv', 'node-kv'];

export async function benchLaunch(): Promise<void> {
  const engines = loadEngines();
  if (engines.length === 0) {
    console.log(`launch: ${noEngines}`);
    return;
  }
  console.log(`launch to healthy, then close (ms; median of ${rounds}, minimum and maximum)\n`);
  console.log('| engine | runtime | plugin | launch | range | close | ratio |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  let first: number | undefined;
  for (const engine of engines) {
    for (const { runtime, socket } of engine.services) {
      for (const fixture of fixtures) {
        await using connection = await connectEngine({ socketPath: socket });
        const image = await loadFixture(connection, fixture);
        if (image.skipped !== undefined) {
          console.log(
            `| ${engine.suite} ${engine.name} | ${runtime} | ${fixture} | ${image.skipped} | | | |`,
          );
          continue;
        }
        await using parent = await ownSocketParent(engine);
        await using host = await PluginHost.open({ socketPath: socket, runtime });
        const launches: number[] = [];
        const closes: number[] = [];
        // The first launch, which also asks the engine about itself, is not counted.
        for (let round = 0; round <= rounds; round += 1) {
          const begin = performance.now();
          const plugin = await host.start({
            image: image.tag,
            handshake: fixtureHandshake,
            protocolVersions: [1],
            socketDirectory: parent.path,
          });
          await plugin.health();
          const ready = performance.now();
          await plugin[Symbol.asyncDispose]();
          if (round === 0) continue;
          launches.push(ready - begin);
          closes.push(performance.now() - ready);
        }
        const middle = median(launches);
        first ??= middle;
        const range = `${Math.round(Math.min(...launches))} to ${Math.round(Math.max(...launches))}`;
        console.log(
          `| ${engine.suite} ${engine.name} | ${runtime} | ${fixture} | ${Math.round(middle)} | ${range} | ${Math.round(median(closes))} | ${(middle / first).toFixed(2)} |`,
        );
      }
    }
  }
}
