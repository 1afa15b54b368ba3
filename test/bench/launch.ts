/**
 * Launch times on every engine and runtime that is up, from the call of `start` to a healthy plugin: this host, and
 * HashiCorp's library with the same plugin in Go, taking turns.
 */
import { connectEngine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath } from '../plugins/go-programs.ts';
import { fixtureHandshake, loadFixture, type FixtureName } from '../plugins/images.ts';
import { startGoPeer, type GoPeer } from './go-peer.ts';
import { median } from './table.ts';

const rounds = 9;

interface Times {
  readonly launchMs: number;
  readonly closeMs: number;
}

export async function benchLaunch(): Promise<void> {
  const engines = loadEngines();
  if (engines.length === 0) {
    console.log(`launch: ${noEngines}`);
    return;
  }
  console.log(
    `launch to healthy, then close (ms; median of ${rounds}; in brackets the launch's minimum and maximum)\n`,
  );
  console.log(
    '| engine | runtime | plugin | launch, close | plugincontainer: launch, close | launch: ours per theirs |',
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const engine of engines) {
    for (const { runtime, socket } of engine.services) {
      await compare(engine, { runtime, socket }, 'go-example-kv');
      await compare(engine, { runtime, socket }, 'node-kv');
    }
  }
}

async function compare(
  engine: TestEngine,
  { runtime, socket }: { runtime: string; socket: string },
  fixture: FixtureName,
): Promise<void> {
  await using connection = await connectEngine({ socketPath: socket });
  const image = await loadFixture(connection, fixture);
  const cells = [`${engine.suite} ${engine.name}`, runtime, fixture];
  if (image.skipped !== undefined) {
    console.log(`| ${[...cells, image.skipped, '', ''].join(' | ')} |`);
    return;
  }
  await using parent = await ownSocketParent(engine);
  await using host = await PluginHost.open({ socketPath: socket, runtime });
  const launchOurs = async (): Promise<Times> => {
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
    return { launchMs: ready - begin, closeMs: performance.now() - ready };
  };
  const { rootless } = engine;
  const settings = { image: image.tag, runtime, directory: parent.path, rootless };
  const peer = goOnThePath() === undefined ? undefined : await startGoPeer(socket, settings);
  const [ours, theirs]: [Times[], Times[]] = [[], []];
  // The first launch of each, which also asks the engine about itself, is not counted.
  await launchOurs();
  let refusal = await failureOf(peer);
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await launchOurs());
    if (refusal === undefined && peer !== undefined) {
      await peer.launch().then(
        (times) => theirs.push(times),
        (error: unknown) => (refusal = String(error)),
      );
    }
  }
  await peer?.[Symbol.asyncDispose]();
  const other = peer === undefined ? 'no Go here' : (refusal ?? shown(theirs));
  const ratio = refusal === undefined && peer !== undefined ? (middle(ours) / middle(theirs)).toFixed(2) : '';
  console.log(`| ${[...cells, shown(ours), other, ratio].join(' | ')} |`);
}

/** Where it can't launch at all: why. */
async function failureOf(peer: GoPeer | undefined): Promise<string | undefined> {
  try {
    await peer?.launch();
    return undefined;
  } catch (error) {
    return (error as Error).message.slice(0, 60);
  }
}

function middle(times: readonly Times[]): number {
  return median(times.map(({ launchMs }) => launchMs));
}

function shown(times: readonly Times[]): string {
  const launches = times.map(({ launchMs }) => launchMs);
  const range = [Math.min(...launches), Math.max(...launches)].map(Math.round).join(' to ');
  const close = median(times.map(({ closeMs }) => closeMs));
  return `${Math.round(median(launches))} (${range}), ${Math.round(close)}`;
}
