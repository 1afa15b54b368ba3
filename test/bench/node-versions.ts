/** Calls and memory of this host on every version of Node.js that it runs on, against the same host in Go. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import { checkout } from '../plugins/cache.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { programArgs } from '../plugins/program-args.ts';
import type { Figure, Line } from './figures.ts';

const rounds = 3;
const loads = [
  { label: '100 B, 1 in flight', size: 100, inFlight: 1, calls: 20_000, rate: 1.3, cpu: 0.6 },
  { label: '100 B, 64 in flight', size: 100, inFlight: 64, calls: 40_000, rate: 1.3, cpu: 0.4 },
  { label: '64 KiB, 64 in flight', size: 64 * 1024, inFlight: 64, calls: 4_000, rate: 1, cpu: 0.8 },
];

interface Measured {
  readonly perSecond: number;
  readonly cpuMicrosPerCall: number;
  readonly residentMiB: number;
}

export async function benchNodeVersions(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`node-versions: ${noGo}`);
    return [];
  }
  const run = promisify(execFile);
  const probe = await goProgram('probe', new URL('../goplugin/go/probe', import.meta.url));
  const caller = await goProgram('caller', new URL('../goplugin/go/caller', import.meta.url));
  const program = programArgs(fileURLToPath(new URL('memory-host.ts', import.meta.url)));
  const [rates, costs, memory]: [Line[], Line[], Line[]] = [[], [], []];
  for (const [version, node] of await nodes()) {
    for (const { label, size, inFlight, calls, rate, cpu } of loads) {
      const [ours, go]: [Measured[], Measured[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        const words = [size, inFlight, calls].map(String);
        const { stdout } = await run(node, [...program, probe, ...words, 'json']);
        ours.push(JSON.parse(stdout) as Measured);
        const flags = [`-size=${size}`, `-in-flight=${inFlight}`, '--', probe];
        go.push(JSON.parse((await run(caller, flags)).stdout) as Measured);
      }
      const line = (of: (measured: Measured) => number): Line => ({
        label: `Node.js ${version}, ${label}`,
        ours: ours.map(of),
        go: go.map(of),
      });
      rates.push({ ...line(({ perSecond }) => perSecond), goal: { atLeast: rate } });
      costs.push({ ...line(({ cpuMicrosPerCall }) => cpuMicrosPerCall), goal: { atMost: cpu } });
      memory.push(line(({ residentMiB }) => residentMiB));
    }
  }
  return [
    {
      name: 'node-calls',
      title: 'Calls of a subprocess, AutoMTLS, by Node.js',
      unit: 'calls per second',
      lines: rates,
    },
    { name: 'node-cpu', title: 'CPU of the host for a call, by Node.js', unit: 'microseconds', lines: costs },
    {
      name: 'node-memory',
      title: 'Memory of a host after the calls, by Node.js',
      unit: 'MiB resident',
      lines: memory,
    },
  ];
}

/** This version, and those that the tests have fetched (`scripts/test`). */
async function nodes(): Promise<readonly (readonly [version: string, node: string])[]> {
  const folder = join(checkout, 'node_modules/.cache/bulkhead-node');
  const fetched = existsSync(folder) ? await readdir(folder) : [];
  const others = fetched
    .filter((version) => version !== process.versions.node)
    .map((version) => [version, join(folder, version, 'bin/node')] as const)
    .filter(([, node]) => existsSync(node));
  return [[process.versions.node, process.execPath] as const, ...others.sort()];
}
