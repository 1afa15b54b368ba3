/** From the handshake line of a plugin in Go to its first reply, TLS included: this host against one in Go. */
import { execFile } from 'node:child_process';
import type { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import {
  startPlugin,
  subprocessRunner,
  type DynamicService,
  type RunnerFactory,
} from '../../src/goplugin/index.ts';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import type { ProbeClient } from '../goplugin/fixtures/probe-client.ts';
import { probe } from '../goplugin/fixtures/protos.ts';
import { handshake } from '../goplugin/fixtures/start.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import type { Figure, Line } from './figures.ts';

/** The two hosts take turns, some launches each. */
const turns = 4;
const launchesInTurn = 6;

interface Launches {
  readonly firstReplyMs: number[];
  readonly launchMs: number[];
}

export async function benchFirstReply(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`first-reply: ${noGo}`);
    return [];
  }
  const folder = (name: string): URL => new URL(`../goplugin/go/${name}`, import.meta.url);
  const command = await goProgram('probe', folder('probe'));
  const caller = await goProgram('caller', folder('caller'));
  const program = { command, definition: await probe() }; // in Go the definition is compiled in
  await launchOurs(program, true); // what is loaded once is loaded
  const [first, whole]: [Line[], Line[]] = [[], []];
  for (const autoMtls of [true, false]) {
    const ours: Launches = { firstReplyMs: [], launchMs: [] };
    const go: Launches = { firstReplyMs: [], launchMs: [] };
    for (let turn = 0; turn < turns; turn += 1) {
      for (let launch = 0; launch < launchesInTurn; launch += 1) {
        const { firstReplyMs, launchMs } = await launchOurs(program, autoMtls);
        ours.firstReplyMs.push(firstReplyMs);
        ours.launchMs.push(launchMs);
      }
      const flags = ['-what=launch', `-mtls=${String(autoMtls)}`, `-rounds=${launchesInTurn}`];
      const { stdout } = await promisify(execFile)(caller, [...flags, '--', command]);
      const seen = JSON.parse(stdout) as Launches;
      go.firstReplyMs.push(...seen.firstReplyMs);
      go.launchMs.push(...seen.launchMs);
    }
    const label = autoMtls ? 'AutoMTLS' : 'no TLS';
    const goal = autoMtls ? { atMost: 1 } : undefined;
    first.push({ label, ours: ours.firstReplyMs, go: go.firstReplyMs, goal });
    whole.push({ label, ours: ours.launchMs, go: go.launchMs });
  }
  return [
    {
      name: 'first-reply',
      title: 'From the handshake line of a subprocess to the first reply',
      unit: 'ms',
      lines: first,
    },
    {
      name: 'launch-subprocess',
      title: 'From the launch of a subprocess to the first reply',
      unit: 'ms',
      lines: whole,
    },
  ];
}

async function launchOurs(
  { command, definition }: { readonly command: string; readonly definition: DynamicService },
  autoMtls: boolean,
): Promise<{ firstReplyMs: number; launchMs: number }> {
  const begin = performance.now();
  let line = Number.NaN;
  const create = subprocessRunner({ command });
  const createRunner: RunnerFactory = async (...given) => {
    const runner = await create(...given);
    // The stream that a subprocess is piped into.
    const stdout = runner.stdout as unknown as PassThrough;
    stdout.once('data', () => {
      line = performance.now();
    });
    stdout.pause(); // a listener alone would start it
    return runner;
  };
  await using plugin = await startPlugin({ createRunner, handshake, protocolVersions: [1], autoMtls });
  await plugin.client<ProbeClient>(definition).echo({});
  const end = performance.now();
  return { firstReplyMs: end - line, launchMs: end - begin };
}
