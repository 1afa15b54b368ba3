/** The memory that a host holds after calls: this host against one in Go, each round in new processes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { programArgs } from '../plugins/program-args.ts';
import type { Figure, Line } from './figures.ts';

const rounds = 5;
const loads = [
  { label: '40,000 calls of 100 B', size: 100, inFlight: 8, calls: 40_000, mostMiB: 75 },
  { label: '4,000 calls of 64 KiB, 64 in flight', size: 64 * 1024, inFlight: 64, calls: 4_000, mostMiB: 100 },
];

export async function benchMemory(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`memory: ${noGo}`);
    return [];
  }
  const run = promisify(execFile);
  const probe = await goProgram('probe', new URL('../goplugin/go/probe', import.meta.url));
  const caller = await goProgram('caller', new URL('../goplugin/go/caller', import.meta.url));
  const program = programArgs(fileURLToPath(new URL('memory-host.ts', import.meta.url)));
  const lines: Line[] = [];
  for (const { label, size, inFlight, calls, mostMiB } of loads) {
    const [ours, go]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const words = [size, inFlight, calls].map(String);
      const { stdout } = await run(process.execPath, [...program, probe, ...words]);
      ours.push(Number(stdout));
      const flags = [`-size=${size}`, `-in-flight=${inFlight}`, '-seconds=2', '--', probe];
      go.push((JSON.parse((await run(caller, flags)).stdout) as { residentMiB: number }).residentMiB);
    }
    lines.push({ label: `${label} (at most ${mostMiB} MiB)`, ours, go });
  }
  return [{ name: 'memory', title: 'Memory of a host after calls, AutoMTLS', unit: 'MiB resident', lines }];
}
