/** Scenarios without mounts: launches, the broker, the live matrix. */
import { liveMatrix } from '../../matrix/index.ts';
import { callBackProbe } from '../../matrix/internal.ts';
import type { LaunchOptions } from '../../container/index.ts';
import type { PluginHost } from '../../host/index.ts';
import { connectEngine } from '../../engine/index.ts';
import type { World } from '../world.ts';

export async function launch(world: World): Promise<void> {
  const host = await world.ledger.track('open', world.open({ signal: world.caller.signal }));
  if (host === undefined) return;
  await Promise.all(
    Array.from({ length: world.trial.load }, async () => {
      await start(world, host, world.subject);
    }),
  );
}

export async function broker(world: World): Promise<void> {
  const host = await world.ledger.track('open', world.open({ signal: world.caller.signal }));
  if (host === undefined) return;
  await start(world, host, world.probe, 6);
}

/** Starts a plugin, uses it, and stops it. */
async function start(
  world: World,
  host: PluginHost,
  what: Pick<World['subject'], 'image' | 'kind'>,
  exercises = 0,
): Promise<void> {
  const { ledger, caller } = world;
  const plugin = await ledger.track('start', host.start({ ...launchOf(world, what), signal: caller.signal }));
  if (plugin === undefined) return;
  world.moments.call();
  if (exercises === 0) await ledger.track('health', plugin.health({ signal: caller.signal }));
  for (let turn = 0; turn < exercises; turn += 1) {
    const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(15_000)]);
    await ledger.track('broker', callBackProbe(plugin, { signal }));
    world.moments.call();
  }
  await ledger.track('stop', plugin.stop({ graceMs: 500, signal: caller.signal }));
  await ledger.track('dispose', plugin[Symbol.asyncDispose]());
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
    startTimeoutMs: 15_000,
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
      cellTimeoutMs: 15_000,
      signal: caller.signal,
    }),
  );
  await ledger.track('close', engine.close());
}
