/** A host in another process is killed at some moment; one that is opened afterwards removes what it has left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Random } from '../random.ts';
import { containersOf } from '../faults/plugin-faults.ts';
import { trialType, type World } from '../world.ts';
import { callMuch } from './calls.ts';
import { livingMount } from './mounts.ts';

const program = fileURLToPath(new URL(`../doomed-host${extname(import.meta.url)}`, import.meta.url));

/** The last request to the engine at which the host may be killed: it makes some tens for each mount. */
const lastRequest = 60;

export async function killedHost(world: World): Promise<void> {
  const { ledger, caller } = world;
  const mounted = await livingMount(world, 'plain');
  await ledger.track('another host', killAtSomeRequest(world));
  const ours = world.openHosts
    .flatMap((host) => host.instances())
    .flatMap(({ state }) => ('containerId' in state ? state.containerId : []));
  const next = await ledger.track('open', world.open({ signal: caller.signal }));
  if (next === undefined) return;
  await ledger.track('sweep', next.gc({ signal: caller.signal }));
  if (mounted === undefined) return;
  await callMuch(world, mounted, 2);
  await world.calm();
  const there = await containersOf(world, false);
  const isQuiet = world.trial.faults.every(({ name }) => name === 'none');
  if (isQuiet && ours.some((id) => id !== undefined && !there.includes(id))) {
    ledger.wrong('the container of a living host was removed by a sweep');
  }
}

async function killAtSomeRequest(world: World): Promise<void> {
  const random = new Random(world.trial.seed ^ 0x6b696c6c);
  const child = spawn(
    process.execPath,
    [
      ...loaderArguments(),
      program,
      JSON.stringify({
        options: { ...world.hostOptions, logger: undefined },
        type: trialType,
        image: world.subject.image,
      }),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ended = once(child, 'exit');
  const kill = () => {
    child.kill('SIGKILL');
  };
  world.undo.push(async () => {
    kill();
    await ended;
  });
  world.moments.at({ counted: 'request', number: random.below(lastRequest) }, () => {
    kill();
    return undefined;
  });
  // With faults of the engine, the moment may never come.
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines === 0) world.otherHosts.push(line);
    lines += 1;
    if (lines > 6) kill();
  }
  await ended;
}

/** How this process loads TypeScript, where it does. */
function loaderArguments(): string[] {
  const at = process.execArgv.indexOf('--import');
  return at < 0 || extname(program) === '.js' ? [] : ['--import', process.execArgv[at + 1] ?? ''];
}
