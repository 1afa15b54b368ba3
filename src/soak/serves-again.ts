/** After the faults, each host has to serve the next request, and each of its mounts the next call. */
import type { Mount } from '../host/index.ts';
import { chainOf } from './ledger.ts';
import { callOnce } from './scenarios/calls.ts';
import { launchOf } from './scenarios/launches.ts';
import { serverAnswers } from './scenarios/server.ts';
import { trialType, type World } from './world.ts';

/** A host without a mount launches a plugin; one with mounts does so at every so many trials only. */
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
  for (const host of world.openHosts) {
    if (host.mounts().length === 0 || world.trial.seed % launchEvery === 0) {
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
  if (world.stage.serves)
    await attempt('the server does not answer the next request', () => serverAnswers(world, signal));
  return wrongs;
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
