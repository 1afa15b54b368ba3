/** Sets of engines that belong to a run: their processes may be stopped, killed and started again. Nobody else's are touched. */
import { spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Place } from '../../src/soak/index.ts';
import { enginesScript } from '../engines/engines.ts';
import { engineOf, isAlive, pidOf, processesOf } from './engine-processes.ts';

export interface DisposableSet extends AsyncDisposable {
  /** With which a process sees these engines in place of the first set. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a set of engines that is deleted in the end. @throws Error where they do not start */
export async function disposableSet(): Promise<DisposableSet> {
  const run = await mkdtemp('/run/faults-');
  const data = await mkdtemp('/var/tmp/faults-');
  const programs = process.env['BULKHEAD_ENGINES_DATA'] ?? '/var/lib/bulkhead-test';
  const environment = {
    BULKHEAD_ENGINES_RUN: run,
    BULKHEAD_ENGINES_DATA: data,
    [programsVariable]: programs,
  };
  const engines = (...args: string[]): string | undefined => {
    const { status, stderr } = spawnSync(enginesScript, args, {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });
    return status === 0 ? undefined : stderr;
  };
  const set = {
    environment,
    async [Symbol.asyncDispose]() {
      const failed = engines('down');
      for (const folder of [run, data]) await rm(folder, { recursive: true, force: true });
      if (failed !== undefined) throw new Error(`engines of the run were left: ${failed}`);
    },
  };
  const failed = engines('up');
  if (failed === undefined) return set;
  await set[Symbol.asyncDispose]();
  throw new Error(`the engines of the run do not start: ${failed}`);
}

/** How long a stopped engine does nothing. */
const stoppedMs = 700;
/** How long one may take to serve again. */
const servingMs = 60_000;
/** How long one may take to end by itself: a Docker ends its containers before, and gives each ten seconds. */
const endingMs = 30_000;

/**
 * What may be done to the engine at this socket of a disposable set. A rootless engine is not upgraded: a Podman stays in the
 * namespace of mounts that the older one has made for its user, where the older programs are.
 *
 * @remarks Its namespaces are held by descriptors of this process, because they may have no other process when the engine is
 *   killed, and containers that live on would not be seen by an engine in new ones. Those that a rootless engine has made for
 *   its user are its own concern: a Podman keeps them, a Docker makes new ones.
 */
export function disturbancesOf(socketPath: string): NonNullable<Place['disturb']> {
  const pidFile = socketPath.replace(/\.sock$/, '.pid');
  const held = ['mnt', 'net', 'cgroup'].map((kind) => openSync(`/proc/${pidOf(pidFile)}/ns/${kind}`, 'r'));
  const [mnt, net, cgroup] = held.map((fd) => `/proc/${process.pid}/fd/${fd}`);
  const words = (file: string): string[] =>
    readFileSync(`/proc/${pidOf(pidFile)}/${file}`, 'utf8')
      .split('\0')
      .slice(0, -1);
  const enter = ['nsenter', `--mount=${mnt}`, `--net=${net}`, `--cgroup=${cgroup}`, '--'];
  // A Docker that is killed leaves its pid file and that of its containerd, which ends with it. Each counts for as long as nobody
  // has collected the dead process: the next one would wait in vain for that containerd.
  const { uid, gid } = statSync(`/proc/${pidOf(pidFile)}`);
  const folders = uid === 0 ? ['/run'] : ['/run', `/run/user/${uid}`];
  const leftPidFiles = folders.flatMap((run) => [
    `${run}/docker.pid`,
    `${run}/docker/containerd/containerd.pid`,
  ]);
  const start = ['sh', '-c', `rm -f ${leftPidFiles.join(' ')}; exec "$@"`, 'sh'];
  const user = uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups'];
  const program = [...user, 'env', '-i', ...words('environ'), ...words('cmdline')];
  const groups = groupsOf(pidOf(pidFile));
  const log = socketPath.replace(/\.sock$/, '.log');
  const newer = uid === 0 ? newerPrograms() : undefined;

  /** Ends the engine, and starts it again: the newer one where that is wanted, or where it has been that one already. */
  const again = async (signal: 'SIGKILL' | 'SIGTERM', upgraded?: string): Promise<void> => {
    const pid = pidOf(pidFile);
    const its = processesOf(pid);
    const wanted = upgraded ?? (existsSync(`/proc/${pid}/root/newer-engine`) ? newer : undefined);
    process.kill(engineOf(pid), signal);
    for (const late = performance.now() + endingMs; its.some(isAlive);) {
      if (performance.now() > late) for (const one of its.filter(isAlive)) process.kill(one, 'SIGKILL');
      await delay(10);
    }
    const root = wanted === undefined ? [] : [...ownMounts, 'bash', '-s', '--', wanted];
    const [group, ...command] = [groups.join(' '), ...enter, ...start, ...root, ...program];
    // It is no child of this process, as no engine is that somebody starts anew.
    const script =
      'log=$1 groups=$2 input=$3; shift 3; (for group in $groups; do sh -c "echo \\$PPID" >$group; done; exec setsid "$@") <$input >>$log 2>&1 & echo $!';
    const input = wanted === undefined ? '/dev/null' : newerRoot;
    const { stdout } = spawnSync('sh', ['-c', script, 'sh', log, group, input, ...command], {
      encoding: 'utf8',
    });
    writeFileSync(pidFile, stdout);
    await untilServing(socketPath);
  };

  return {
    'engine-stopped': async () => {
      const pid = engineOf(pidOf(pidFile));
      process.kill(pid, 'SIGSTOP');
      await delay(stoppedMs);
      process.kill(pid, 'SIGCONT');
      await untilServing(socketPath);
    },
    'engine-killed': () => again('SIGKILL'),
    ...(newer !== undefined && { 'engine-upgraded': () => again('SIGTERM', newer) }),
  };
}

/** A copy of the namespace of mounts, which goes on sharing them. */
const ownMounts = ['unshare', '--mount', '--propagation', 'unchanged', '--'] as const;

/** Makes a root with the newer programs in the namespace of the engine. It is read by its shell there, where nobody sees this checkout. */
const newerRoot = fileURLToPath(new URL('newer-root.sh', import.meta.url));

/**
 * The programs of a newer suite that `scripts/engines prepare --suite SUITE` has made in the folder that the run itself was given;
 * `undefined` where there are none. They are only read.
 */
function newerPrograms(): string | undefined {
  const folder = process.env[programsVariable] ?? '';
  return newerSuites.map((suite) => join(folder, 'roots', suite)).find((root) => existsSync(root));
}

const programsVariable = 'BULKHEAD_TEST_PROGRAMS';
const newerSuites = ['forky', 'trixie'] as const;

/** The files through which a process enters the control groups of another one. */
function groupsOf(pid: number): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [type = '', , options = ''] = after.split(' ');
      return type.startsWith('cgroup') ? { point: before.split(' ')[4] ?? '', type, options } : [];
    });
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      const mount = mounts.find(({ type, options }) =>
        controllers === ''
          ? type === 'cgroup2'
          : controllers.split(',').every((name) => options.split(',').includes(name)),
      );
      return mount === undefined ? [] : [join(mount.point, path, 'cgroup.procs')];
    });
}

async function untilServing(socketPath: string): Promise<void> {
  for (const late = performance.now() + servingMs; ;) {
    if (await answersPing(socketPath)) return;
    if (performance.now() > late)
      throw new Error(`the engine at ${dirname(socketPath)} does not serve again`);
    await delay(30);
  }
}

function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path: '/_ping', agent: false, timeout: 5_000 });
    asking.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => {
      resolve(false);
    });
    asking.end();
  });
}
