/** Scenarios with mounts: calls, reload under load, a warm spare, two hosts on one folder. */
import { callBackProbe } from '../../matrix/internal.ts';
import type { Mount, MountOptions, PluginHost } from '../../host/index.ts';
import type { LivingKind } from '../stage.ts';
import { trialType, type World } from '../world.ts';
import { callMs, callMuch, callOnce, repeatedly } from './calls.ts';

/** Registers the plugin of the trial, as it is to be started at this moment. */
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

export function mount(
  world: World,
  host: PluginHost,
  name: string,
  options: MountOptions = {},
  type: string = trialType,
): Promise<Mount | undefined> {
  const { signal } = world.caller;
  return world.ledger.track(`mount ${name}`, host.mount(type, name, { signal, ...options }));
}

/** The mount of a host that lives on; the first trial that needs it makes it. */
export async function livingMount(world: World, kind: LivingKind): Promise<Mount | undefined> {
  const host = await world.livingHost(kind);
  if (host === undefined) return undefined;
  const known = host.mounts().find(({ plugin }) => plugin.type === trialType && plugin.name === 'kv');
  if (known !== undefined) return known;
  return (await register(world, host, 'kv')) ? mount(world, host, 'kv') : undefined;
}

/** How often each caller calls: more than can come before the moment of a fault. */
const callsEach = 6;

export async function calls(world: World): Promise<void> {
  const mounted = await livingMount(world, 'plain');
  if (mounted !== undefined) await callMuch(world, mounted, callsEach);
}

/** A mount of the trial's own, from its registration to its end. */
export async function mountOnce(world: World): Promise<void> {
  const host = await world.livingHost('plain');
  if (host === undefined) return;
  await repeatedly(world, 1, async () => {
    const name = `mount-${world.word()}`;
    if (!(await register(world, host, name))) return;
    const mounted = await mount(world, host, name, { share: false });
    if (mounted !== undefined) {
      for (let call = 0; call < 3; call += 1) await callOnce(world, mounted);
      await world.ledger.track('unmount', mounted.close({ drainMs: 2_000 }));
    }
    await world.ledger.track('deregister', host.plugins.deregister(trialType, name));
  });
}

export async function spare(world: World): Promise<void> {
  const mounted = await livingMount(world, 'spare');
  if (mounted !== undefined) await callMuch(world, mounted, callsEach);
}

const nothing = Promise.resolve();

/** The plugin calls back through the broker: it dials what the host serves, and what it hears there comes back. */
export async function broker(world: World): Promise<void> {
  const { stage, ledger, caller, moments } = world;
  const host = await world.livingHost('plain');
  if (host === undefined) return;
  if (!host.mounts().some(({ plugin }) => plugin.type === 'probe')) {
    const { image } = world.probe;
    const entry = { type: 'probe', name: 'probe', ociImage: image };
    const options = { skipProbe: true, signal: caller.signal };
    if ((await ledger.track('register probe', host.plugins.register(entry, options))) === undefined) return;
    const prepare: MountOptions['prepare'] = (plugin) => {
      stage.calledBack = plugin;
      return Promise.resolve();
    };
    if ((await mount(world, host, 'probe', { prepare }, 'probe')) === undefined) return;
  }
  const mounted = host.mounts().find(({ plugin }) => plugin.type === 'probe');
  await repeatedly(world, 2, async () => {
    // Waits for the next plugin where the last one was lost.
    await ledger.track('health', mounted?.health({ timeoutMs: callMs, signal: caller.signal }) ?? nothing);
    const plugin = stage.calledBack;
    if (plugin === undefined) return;
    const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(callMs)]);
    await ledger.track('broker', callBackProbe(plugin, { signal }));
    moments.call();
  });
}

export async function reload(world: World): Promise<void> {
  const mounted = await livingMount(world, 'plain');
  const host = world.stage.living.get('plain');
  if (host === undefined || mounted === undefined) return;
  const calling = callMuch(world, mounted, 6);
  await register(world, host, 'kv');
  await world.ledger.track('reload', host.reload(trialType, 'kv', { signal: world.caller.signal }));
  await calling;
}

/** A second host on the same folder, whose mount of the same entry has to be served by a plugin of its own. */
export async function twoHosts(world: World): Promise<void> {
  const [one, other] = await Promise.all([
    livingMount(world, 'plain'),
    world.ledger.track('open', world.open({ signal: world.caller.signal })),
  ]);
  const calling = one === undefined ? Promise.resolve() : callMuch(world, one, 4);
  if (other !== undefined) {
    const mounted = await mount(world, other, 'kv');
    if (mounted !== undefined) await callMuch(world, mounted, 4);
    world.closed.add(other);
    await world.ledger.track('close', other.close());
  }
  await calling;
  if (one !== undefined) await callMuch(world, one, 2);
}
