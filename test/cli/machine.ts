/** The real command on a machine that has other programs than this one: in a mount namespace of its own. Needs root. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtPackage } from '../plugins/built-package.ts';
import { checkout } from '../plugins/cache.ts';
import type { Ended } from './bulkhead.ts';

export interface MachineOptions {
  /** The Podman of this machine, none, or a script in its place, with the permissions 0755 unless they are said. */
  readonly podman: 'installed' | 'missing' | { readonly script: string; readonly mode?: number };
  /** Socket of the Docker that the machine has, at the usual place there. Default: it has none. */
  readonly docker?: string | undefined;
  /** Programs that are not installed. */
  readonly without?: readonly string[] | undefined;
  /** Default: root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Machine extends Disposable {
  /** A folder that only the user of the machine has; it is the home too. */
  readonly folder: string;
  run(args: readonly string[], environment?: Record<string, string>): Ended;
  start(args: readonly string[], environment?: Record<string, string>): ChildProcess;
}

export const noMachine = process.geteuid?.() === 0 ? false : 'needs root, to make a mount namespace';

/**
 * An empty /run has no engine's socket; a file that can't be executed is no program. The built package is readable by
 * its owner only, so it is copied.
 */
const script = `
  place=$1 package=$2 modules=$3 node=$4 hidden=$5 docker=$6; shift 6
  mount -t tmpfs -o mode=755 place "$place"
  [ -z "$docker" ] || { touch "$place/docker"; mount --bind "$docker" "$place/docker"; }
  mount -t tmpfs -o mode=755 run /run
  [ -z "$docker" ] || { touch /run/docker.sock; mount --bind "$place/docker" /run/docker.sock; }
  cp -r "$package" "$place/package"; chmod -R a+rX "$place/package"
  mkdir "$place/package/node_modules"; mount --bind "$modules" "$place/package/node_modules"
  touch "$place/node"; mount --bind "$node" "$place/node"
  for program in $hidden; do
    for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin; do
      [ ! -e "$folder/$program" ] || mount --bind /dev/null "$folder/$program"
    done
  done
  exec "$@"`;

const builtFolder = await builtPackage();

export function machine({ podman, docker = '', without = [], user }: MachineOptions): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'bm-')); // Podman takes no long paths
  chmodSync(folder, 0o755);
  const home = join(folder, 'h');
  const place = join(folder, 'p');
  const programs = join(folder, 'b');
  for (const each of [home, place, programs]) mkdirSync(each);
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  const isFake = typeof podman === 'object';
  if (isFake) {
    const file = join(programs, 'podman');
    writeFileSync(file, podman.script);
    chmodSync(file, podman.mode ?? 0o755);
  }
  const storage = join(folder, 'storage.conf');
  writeFileSync(storage, `[storage]\ndriver = "overlay"\ngraphroot = "${home}/g"\nrunroot = "${home}/r"\n`);
  const hidden = [...(podman === 'installed' ? [] : ['podman']), ...without].join(' ');
  const become =
    user === undefined ? [] : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const words = (args: readonly string[]) => [
    ...['--mount', '--propagation', 'private', '/bin/sh', '-euc', script, 'machine'],
    ...[place, builtFolder, join(checkout, 'node_modules'), process.execPath, hidden, docker, ...become],
    ...[join(place, 'node'), join(place, 'package/dist/cli/main.js'), ...args],
  ];
  const settings = (environment: Record<string, string>) => ({
    PATH: `${programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: home,
    TMPDIR: home,
    CONTAINERS_STORAGE_CONF: storage,
    ...environment,
  });
  return {
    folder: home,
    run(args, environment = {}) {
      const { status, stdout, stderr } = spawnSync('unshare', words(args), {
        encoding: 'utf8',
        timeout: 240_000,
        maxBuffer: 64 * 1024 * 1024,
        cwd: home,
        env: settings(environment),
      });
      return { status, stdout, stderr };
    },
    start: (args, environment = {}) =>
      spawn('unshare', words(args), { cwd: home, env: settings(environment) }),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
