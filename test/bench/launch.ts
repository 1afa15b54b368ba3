/**
 * Launch times on every engine and runtime that is up, from the call of `start` to a healthy plugin: this host, and
 * HashiCorp's library with the same plugin in Go, taking turns. Then many launches at once, and where the time of one goes.
 */
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath } from '../plugins/go-programs.ts';
import { fixtureHandshake, loadFixture, type FixtureName } from '../plugins/images.ts';
import type { Figure, Line } from './figures.ts';
import { startGoPeer, type GoPeer, type PeerLaunch } from './go-peer.ts';
import { atOnce, launchAtOnce, type AtOnce } from './launch-at-once.ts';
import { launchBesideGo } from './launch-beside-go.ts';
import {
  engineAlone,
  launchInPhases,
  notingEngine,
  phaseNames,
  type Floor,
  type Phases,
} from './launch-phases.ts';

const rounds = 5;

interface Times {
  readonly launchMs: number;
  readonly closeMs: number;
}

interface Compared {
  readonly launch: Line;
  readonly close: Line;
  readonly kill: Line;
  readonly together?: AtOnce | undefined;
  readonly phases?: Figure | undefined;
  readonly besideGo?: Figure | undefined;
}

export async function benchLaunch(): Promise<readonly Figure[]> {
  const engines = loadEngines().filter(({ suite }) => suite === 'host');
  if (engines.length === 0) {
    console.log(`launch: ${noEngines}`);
    return [];
  }
  const compared: Compared[] = [];
  for (const engine of engines) {
    for (const { runtime, socket } of engine.services) {
      for (const fixture of ['go-example-kv', 'node-kv'] as const) {
        compared.push(...(await compare(engine, { runtime, socket }, fixture)));
      }
    }
  }
  const launches = compared.map(({ launch }) => launch);
  const ends = compared.map(({ close }) => close);
  const kills = compared.flatMap(({ kill, together: many }) =>
    many === undefined ? kill : [kill, many.kill],
  );
  const together = compared.flatMap((each) => each.together ?? []);
  return [
    { name: 'launch', title: 'Launch to a healthy plugin', unit: 'ms', lines: launches },
    { name: 'close', title: 'Close, until the container is gone', unit: 'ms', lines: ends },
    {
      name: 'launch-at-once',
      title: `${atOnce} launches at once, until the last is healthy`,
      unit: 'ms',
      lines: together.map(({ launch }) => launch),
    },
    {
      name: 'close-at-once',
      title: `${atOnce} closes at once, until the last container is gone`,
      unit: 'ms',
      lines: together.map(({ close }) => close),
    },
    {
      name: 'close-kill',
      title: "Close, against the library's `Kill` in Go, which returns before the container is gone",
      unit: 'ms',
      lines: kills.filter(({ go }) => go.length > 0),
    },
    ...compared.flatMap(({ phases }) => phases ?? []),
    ...compared.flatMap(({ besideGo }) => besideGo ?? []),
  ];
}

async function compare(
  engine: TestEngine,
  { runtime, socket }: { runtime: string; socket: string },
  fixture: FixtureName,
): Promise<readonly Compared[]> {
  await using connection = await connectEngine({ socketPath: socket });
  const image = await loadFixture(connection, fixture);
  const label = `${engine.name}, ${runtime}, ${fixture}`;
  if (image.skipped !== undefined) {
    console.log(`launch of ${fixture}: ${image.skipped}`);
    return [];
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
  const { rootless, kind } = engine;
  const settings = { image: image.tag, runtime, directory: parent.path, rootless, kind };
  const peer = goOnThePath() === undefined ? undefined : await startGoPeer(socket, settings);
  const [ours, theirs]: [Times[], PeerLaunch[]] = [[], []];
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
  // Of the plugin in Go, which starts in no time, and of the engines of this user.
  const isWhole = fixture === 'go-example-kv' && !rootless;
  const other = refusal === undefined ? peer : undefined;
  const together = isWhole
    ? await launchAtOnce(engine, { runtime, socket, image: image.tag, label }, other)
    : undefined;
  await peer?.[Symbol.asyncDispose]();
  const phases = isWhole
    ? await phasesOf(connection, { image: image.tag, runtime, socketDirectory: parent.path }, label)
    : undefined;
  const besideGo =
    isWhole && kind === 'docker' && runtime !== 'crun' && refusal === undefined
      ? await launchBesideGo({ socket, settings, label })
      : undefined;
  if (refusal !== undefined) console.log(`plugincontainer, ${label}: ${refusal}`);
  // A plugin in TypeScript takes its time to start, whoever starts it.
  const goal = fixture === 'node-kv' ? undefined : { atMost: engine.kind === 'docker' ? 0.9 : 0.4 };
  const launched = ({ launchMs }: Times): number => launchMs;
  const closed = ({ closeMs }: Times): number => closeMs;
  return [
    {
      launch: { label, ours: ours.map(launched), go: theirs.map(launched), goal },
      close: { label, ours: ours.map(closed), go: theirs.map(closed), goal: { atMost: 1 } },
      kill: { label, ours: ours.map(closed), go: theirs.map(({ killMs }) => killMs) },
      together,
      phases,
      besideGo,
    },
  ];
}

/** Where the time of a launch goes, beside what the engine takes for such a container. */
async function phasesOf(
  engine: Engine,
  of: { readonly image: string; readonly runtime: string; readonly socketDirectory: string },
  label: string,
): Promise<Figure> {
  const seen: Phases[] = [];
  const alone: Floor[] = [];
  const noting = notingEngine(engine);
  await launchInPhases(noting, of); // what is asked once has been asked
  for (let round = 0; round < rounds; round += 1) {
    seen.push(await launchInPhases(noting, of));
    alone.push(await engineAlone(engine, of));
  }
  const lines = (Object.keys(phaseNames) as (keyof Phases)[]).map((phase): Line => ({
    label: phaseNames[phase],
    ours: seen.map((times) => times[phase]),
    go: alone.flatMap((times) => (phase in times ? [times[phase as keyof Floor]] : [])),
  }));
  const name = `phases-${label.split(', ').slice(0, 2).join('-')}`;
  return { name, title: `Phases of a launch: ${label}`, unit: 'ms', other: 'engine alone', lines };
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
