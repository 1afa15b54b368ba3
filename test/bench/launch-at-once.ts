/** Many launches at the same time: this host beside one in Go, taking turns. */
import { PluginHost } from '../../src/index.ts';
import type { TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import type { Line } from './figures.ts';
import type { GoPeer, PeerLaunch } from './go-peer.ts';

export const atOnce = 20;
const rounds = 3;

export interface AtOnce {
  /** Until the last of them was healthy. */
  readonly launch: Line;
  /** Until the last of them was gone. */
  readonly close: Line;
  /** The same, against the library's `Kill`. */
  readonly kill: Line;
}

interface Times {
  readonly launchMs: number;
  readonly closeMs: number;
}

export async function launchAtOnce(
  engine: TestEngine,
  { runtime, socket, image, label }: Readonly<Record<'runtime' | 'socket' | 'image' | 'label', string>>,
  peer: GoPeer | undefined,
): Promise<AtOnce> {
  await using parent = await ownSocketParent(engine);
  await using host = await PluginHost.open({ socketPath: socket, runtime, socketDirectory: parent.path });
  const options = { image, handshake: fixtureHandshake, protocolVersions: [1] };
  const launchOurs = async (): Promise<Times> => {
    const begin = performance.now();
    const plugins = await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const plugin = await host.start(options);
        await plugin.health();
        return plugin;
      }),
    );
    const ready = performance.now();
    await Promise.all(plugins.map((plugin) => plugin[Symbol.asyncDispose]()));
    return { launchMs: ready - begin, closeMs: performance.now() - ready };
  };
  await (await host.start(options))[Symbol.asyncDispose](); // what is asked once has been asked
  const ours: Times[] = [];
  const theirs: PeerLaunch[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await launchOurs());
    if (peer !== undefined) theirs.push(await peer.launchAtOnce(atOnce));
  }
  const line = (name: 'launchMs' | 'closeMs', atMost: number): Line => ({
    label,
    ours: ours.map((times) => times[name]),
    go: theirs.map((times) => times[name]),
    goal: { atMost },
  });
  const close = line('closeMs', 1);
  const kill = {
    label: `${label}, ${atOnce} at once`,
    ours: close.ours,
    go: theirs.map(({ killMs }) => killMs),
  };
  return { launch: line('launchMs', 0.9), close, kill };
}
