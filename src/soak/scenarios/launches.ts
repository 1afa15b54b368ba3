/** Scenarios without mounts: launches, and the live matrix. */
import { liveMatrix } from '../../matrix/index.ts';
import type { LaunchOptions } from '../../container/index.ts';
import { connectEngine } from '../../engine/index.ts';
import type { World } from '../world.ts';
import { repeatedly } from './calls.ts';

/** Starts plugins at the same time, asks for their health, and stops them. */
export async function launch(world: World): Promise<void> {
  const { ledger, caller, moments } = world;
  const { signal } = caller;
  const host = await world.livingHost('plain');
  if (host === undefined) return;
  await repeatedly(world, 1, async () => {
    const plugin = await ledger.track('start', host.start({ ...launchOf(world, world.subject), signal }));
    if (plugin === undefined) return;
    moments.call();
    await ledger.track('health', plugin.health({ signal }));
    await ledger.track('stop', plugin.stop({ graceMs: 500, signal }));
    await ledger.track('dispose', plugin[Symbol.asyncDispose]());
  });
}

export function launchOf(
  world: World,
  { image, kind }: Pick<World['subject'], 'image' | 'kind'>,
): LaunchOptions {
  return {
    image,
    args: world.args,
    handshake: kind.handshake,
    protocolVersions: kind.protocolVersions,
    // A plugin that says nothing need not be waited for as long as one that is slow to start.
    startTimeoutMs: world.args.length > 0 ? 3_000 : 30_000,
    runtime: world.place.runtime,
    socketDirectory: world.parent,
    override: world.place.hostOptions?.override,
  };
}

export async function matrixCells(world: World): Promise<void> {
  const { ledger, caller, place, subject } = world;
  const engine = await ledger.track(
    'connect',
    connectEngine({ socketPath: world.socketPath, signal: caller.signal }),
  );
  if (engine === undefined) return;
  const { handshake, protocolVersions } = subject.kind;
  await ledger.track(
    'matrix',
    liveMatrix({
      engines: [engine],
      image: subject.image,
      launch: { handshake, protocolVersions, socketDirectory: world.parent },
      filter: { runtime: [place.runtime], mlock: [false] },
      forced: false,
      cellTimeoutMs: 30_000,
      signal: caller.signal,
    }),
  );
  await ledger.track('close', engine.close());
}
