/**
 * Runs a Node program of this checkout as the user of the rootless engines.
 *
 * The checkout and the Node binary may lie below a folder that only root can enter (/root is one), so both are first
 * mounted where everybody can read them, in a mount namespace that ends with the program.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestEngine } from './engines.ts';

export interface AsUserOptions {
  /** Any engine: they all have the same user. */
  readonly engine: Pick<TestEngine, 'user' | 'shareDirectory'>;
  /** Added to an otherwise clean environment (PATH, HOME, USER, XDG_RUNTIME_DIR). */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: `['ignore', 'pipe', 'pipe']`. */
  readonly stdio?: StdioOptions;
  /** Abort kills the program with SIGKILL. */
  readonly signal?: AbortSignal;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const script = `
  place=$1 checkout=$2 node=$3; shift 3
  mount -t tmpfs -o mode=755 checkout "$place"
  mkdir "$place/checkout"; mount --bind "$checkout" "$place/checkout"
  if [ -L "$checkout/node_modules" ]; then # of compiled tests, whose packages are those of the folder above
    mkdir "$place/node_modules"; mount --bind "$checkout/../node_modules" "$place/node_modules"
  fi
  touch "$place/node"; mount --bind "$node" "$place/node"
  cd "$place/checkout"
  exec "$@"`;

/**
 * Starts `node ARGUMENTS...` in the root of the checkout, as the user of the rootless engines. Needs root, or to be that
 * user already. The returned child is the Node program itself: signals and exit code are its own. It is killed when the
 * calling process ends.
 */
export function runNodeAsUser(nodeArguments: readonly string[], options: AsUserOptions): ChildProcess {
  const { user, shareDirectory } = options.engine;
  const runDirectory = path.dirname(shareDirectory);
  const home = path.join(runDirectory, 'user');
  const place = path.join(runDirectory, 'checkout');
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    USER: user.name,
    XDG_RUNTIME_DIR: home,
    ...otherSet(),
    ...options.environment,
  };
  const spawnOptions = {
    cwd: checkout,
    env: environment,
    stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL' as const,
    ...(options.signal && { signal: options.signal }),
  };

  if (process.geteuid?.() === user.uid) return spawn(process.execPath, [...nodeArguments], spawnOptions);
  const become = [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--init-groups',
    '--pdeathsig=KILL',
  ];
  return spawn(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', '/bin/sh', '-euc', script, 'as-user'],
      ...[place, checkout, process.execPath],
      ...[...become, path.join(place, 'node'), ...nodeArguments],
    ],
    spawnOptions,
  );
}

/** Which set of engines is meant, where it is not the usual one. */
function otherSet(): Record<string, string> {
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('BULKHEAD_ENGINES_'));
  return Object.fromEntries(settings) as Record<string, string>;
}
