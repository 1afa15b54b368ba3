/** The real command, as a user runs it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../plugins/cache.ts';
import { builtPackage } from '../plugins/built-package.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Facts of images are read once for all commands. */
const cache = join(checkout, 'node_modules/.cache/bulkhead-commands');
mkdirSync(cache, { recursive: true });
const entry = [join(await builtPackage(), 'dist/cli/main.js')];

/** Runs it to its end. Nothing of this process's environment reaches it but the PATH. */
export function bulkhead(
  args: readonly string[],
  environment: Record<string, string> = {},
  input?: string,
): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...entry, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
    env: cleanEnvironment(environment),
    ...(input === undefined ? {} : { input }),
  });
  return { status, stdout, stderr };
}

/** Starts it, to be talked to. The caller ends it. */
export function startBulkhead(
  args: readonly string[],
  environment: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [...entry, ...args], { env: cleanEnvironment(environment) });
}

function cleanEnvironment(environment: Record<string, string>): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', XDG_CACHE_HOME: cache, ...environment };
}
