/** A plugin of `serve` called by a host in Go, against a plugin in Go. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { programArgs } from '../plugins/program-args.ts';
import type { Figure, Line } from './figures.ts';

const rounds = 5;
const loads = [100, 64 * 1024].flatMap((size) => [1, 8, 64].map((inFlight) => ({ size, inFlight })));

export async function benchServed(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`served: ${noGo}`);
    return [];
  }
  const caller = await goProgram('caller', new URL('../goplugin/go/caller', import.meta.url));
  const probe = await goProgram('probe', new URL('../goplugin/go/probe', import.meta.url));
  const own = fileURLToPath(new URL('../goplugin/fixtures/plugin.ts', import.meta.url));
  const ours = [process.execPath, ...programArgs(own)];
  const lines: Line[] = [];
  for (const { size, inFlight } of loads) {
    const rate = async (command: readonly string[]): Promise<number> => {
      const flags = [`-size=${size}`, `-in-flight=${inFlight}`, '-warm=1', '-seconds=0.5', '--'];
      const { stdout } = await promisify(execFile)(caller, [...flags, ...command]);
      return (JSON.parse(stdout) as { perSecond: number }).perSecond;
    };
    const line: { ours: number[]; go: number[] } = { ours: [], go: [] };
    for (let round = 0; round < rounds; round += 1) {
      line.ours.push(await rate(ours));
      line.go.push(await rate([probe]));
    }
    const label = `${size === 100 ? '100 B' : '64 KiB'}, ${inFlight} in flight`;
    lines.push({ label, ...line, goal: { atLeast: 0.8 } });
  }
  return [
    {
      name: 'served',
      title: 'Calls of a host in Go of a plugin of `serve`, AutoMTLS',
      unit: 'calls per second',
      lines,
      own: 'plugin of `serve`',
      other: 'plugin in Go',
    },
  ];
}
