/** Scenarios with mounts: calls, reload under load, a warm spare, two hosts on one folder. */
import type { Mount, PluginHost, PluginHostOptions } from '../../host/index.ts';
import { trialType, type World } from '../world.ts';
import { callMuch } from './calls.ts';

/** Registers the plugin of the trial under a name of its own, as it is to be started at this moment. */
export async function register(world: World, host: PluginHost, name: string): Promise<boolean> {
  const registered = await world.ledger.track(
    `register ${name}`,
    host.plugins.register(
      { type: trialType, name, ociImage: world.subject.image, args: [...world.args] },
      { skipProbe: true, signal: world.caller.signal },
    ),
  );
  return registered !== undefined;
}

export function mount(world: World, host: PluginHost, name: string): Promise<Mount | undefined> {
  return world.ledger.track(`mount ${name}`, host.mount(trialType, name, { signal: world.caller.signal }));
}

async function opened(
  world: World,
  options: PluginHostOptions = {},
): Promise<{ host: PluginHost; mounted: Mount | undefined } | undefined> {
  const host = await world.ledger.track('open', world.open({ ...options, signal: world.caller.signal }));
  if (host === undefined) return undefined;
  if (!(await register(world, host, 'kv'))) return { host, mounted: undefined };
  return { host, mounted: await mount(world, host, 'kv') };
}

export async function calls(world: World): Promise<void> {
  const { mounted } = (await opened(world)) ?? {};
  if (mounted === undefined) return;
  await callMuch(world, mounted, 12);
  await world.ledger.track('unmount', mounted.close({ drainMs: 2_000 }));
}

export async function spare(world: World): Promise<void> {
  const { mounted } = (await opened(world, { warmSpare: true })) ?? {};
  if (mounted !== undefined) await callMuch(world, mounted, 12);
}

export async function reload(world: World): Promise<void> {
  const { host, mounted } = (await opened(world)) ?? {};
  if (host === undefined || mounted === undefined) return;
  const calling = callMuch(world, mounted, 15);
  for (let turn = 0; turn < 2; turn += 1) {
    await register(world, host, 'kv');
    await world.ledger.track('reload', host.reload(trialType, 'kv', { signal: world.caller.signal }));
  }
  await calling;
}

export async function twoHosts(world: World): Promise<void> {
  const [one, other] = await Promise.all([
    opened(world),
    world.ledger.track('open', world.open({ signal: world.caller.signal })),
  ]);
  if (one?.mounted !== undefined) await callMuch(world, one.mounted, 4);
  if (other === undefined) return;
  const mounted = await mount(world, other, 'kv');
  if (mounted !== undefined) await callMuch(world, mounted, 4);
  if (one !== undefined) {
    world.closed.add(one.host);
    await world.ledger.track('close', one.host.close());
  }
  if (mounted !== undefined) await callMuch(world, mounted, 2);
}
