/** After the faults, each host has to serve the next request, and each of its mounts the next call. */
import type { Mount, PluginHost } from '../host/index.ts';
import { chainOf } from './ledger.ts';
import { callsLeft } from './leftovers.ts';
import { callOnce } from './scenarios/calls.ts';
import { launchOf } from './scenarios/launches.ts';
import { serverAnswers } from './scenarios/server.ts';
import { trialType, type World } from './world.ts';

/** A host without a mount launches a plugin; of those with mounts, one does so after every so many trials. */
const launchEvery = 16;

export async function servesAgain(world: World, limitMs: number): Promise<string[]> {
  const signal = AbortSignal.timeout(limitMs);
  const wrongs: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      wrongs.push(`${what}: ${chainOf(error).join(' < ')}: ${String(error)}`);
    }
  };
  const launching = launchesInTurn(world);
  for (const host of world.openHosts) {
    if (host.mounts().length === 0 || host === launching) {
      await attempt('a host does not serve the next launch', async () => {
        const plugin = await host.start({ ...launchOf(world, world.subject), signal });
        await plugin.health({ signal });
        await plugin[Symbol.asyncDispose]();
      });
    }
    if (world.trial.faults.some(({ name }) => name === 'plugin-misbehaves')) continue;
    for (const mount of host.mounts()) {
      host.reset(mount.instance.id);
      await attempt('a mount does not serve the next call', async () => {
        await untilHealthy(mount, signal);
        if (mount.plugin.type === trialType && !(await callOnce(world, mount, signal)))
          throw world.ledger.errors.at(-1)?.error;
      });
    }
  }
  wrongs.push(...(await callsLeft(world)));
  if (world.stage.serves)
    await attempt('the server does not answer the next request', () => serverAnswers(world, signal));
  return wrongs;
}

/** The host whose turn it is to launch a plugin beside those that serve its mounts. */
function launchesInTurn({ stage }: World): PluginHost | undefined {
  // The seeds cannot tell: those of one place leave out most remainders.
  stage.trials += 1;
  if (stage.trials % launchEvery !== 0) return undefined;
  const hosts = [...stage.living.values()];
  return hosts[(stage.trials / launchEvery) % Math.max(hosts.length, 1)];
}

/** A plugin that is paused is given up after some checks of the host's; until then, a call may still go to it. */
const tries = 3;

async function untilHealthy(mount: Mount, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mount.health({ signal, timeoutMs: 30_000 });
      return;
    } catch (error) {
      if (attempt === tries) throw error;
    }
  }
}
