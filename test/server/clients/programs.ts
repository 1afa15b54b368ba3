/** The clients of Vault that others publish, each with a small program that drives a server with it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { builtOnce, checkout, sourcesOf } from '../../plugins/cache.ts';
import { goOnThePath, noGo } from '../../plugins/go-programs.ts';
import { runTool } from '../../plugins/run-tool.ts';

/** How to run a program: its command, its arguments, and what it needs in its environment. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const folder = join(checkout, 'test/server/clients');
const noPython = 'python3 with pip is not on the PATH';

/** HashiCorp's own client for Go. */
export async function goClient(): Promise<Program | { readonly skipped: string }> {
  if (goOnThePath() === undefined) return { skipped: noGo };
  const source = join(folder, 'go');
  const key = `${await sourcesOf([source], ['.go', '.mod', '.sum'])} ${goOnThePath() ?? ''}`;
  const built = await builtOnce('go-vault-client', key, (bin) =>
    runTool('go', ['build', '-o', join(bin, 'client'), '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -ldflags=-w' },
    }),
  );
  return { command: join(built, 'client'), args: [], environment: {} };
}

/** hvac, the client for Python. */
export async function pythonClient(): Promise<Program | { readonly skipped: string }> {
  const packages = await pythonPackages('hvac==2.4.0');
  if (typeof packages !== 'string') return packages;
  return {
    ...{ command: 'python3', args: [join(folder, 'python/client.py')] },
    environment: { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

/** node-vault, a client for Node.js. */
export async function nodeClient(): Promise<Program> {
  const version = 'node-vault@0.12.0';
  const built = await builtOnce('node-vault', version, (place) =>
    runTool('npm', [
      ...['install', '--prefix', place, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', version],
    ]),
  );
  return {
    ...{ command: process.execPath, args: [join(folder, 'node/client.cjs')] },
    environment: { TEST_NODE_VAULT: built },
  };
}

/** Packages of PyPI, installed beside nothing else. @returns their folder */
export async function pythonPackages(...packages: string[]): Promise<string | { readonly skipped: string }> {
  const { status, stdout } = spawnSync('python3', ['-m', 'pip', '--version'], { encoding: 'utf8' });
  if (status !== 0) return { skipped: noPython };
  const python = /\(python .*\)/.exec(stdout)?.[0] ?? '';
  return builtOnce('python', `${packages.join(' ')} ${python}`, (place) =>
    runTool('python3', ['-m', 'pip', 'install', '--quiet', '--target', place, ...packages]),
  );
}
