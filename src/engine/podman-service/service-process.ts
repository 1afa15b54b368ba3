import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ServiceCommand } from './service-command.ts';

/** A running `podman system service`, with the end of its output. */
export interface ServiceProcess {
  readonly pid: number;
  /** Resolves when the process has ended, or could not be started. */
  readonly exited: Promise<void>;
  readonly hasExited: boolean;
  /** How the process ended, in words. */
  readonly ending: string;
  /** The last lines of its output. */
  readonly output: string;
  /** Asks the process to end, and forces it after a while. Idempotent. */
  stop(): Promise<void>;
}

const keptOutput = 8 * 1024;
/** Time for the service to answer open requests when it is asked to end; streams would keep it for ever. */
const graceMs = 3000;

/**
 * Starts the service in a process group of its own: a rootless service is two processes, and a Ctrl-C in the terminal
 * must reach it through us, not before us. `onProcessExit` cleans up when this process ends without having stopped it.
 */
export function spawnService(command: ServiceCommand, onProcessExit: () => void): ServiceProcess {
  const child = spawn(command.file, command.args, {
    env: command.environment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  });
  let output = '';
  let ending: string | undefined;
  // There is no pipe where this process has no descriptor left.
  const stderr = child.stderr as Readable | null | undefined;
  stderr?.setEncoding('utf8');
  stderr?.on('data', (text: string) => {
    output = (output + text).slice(-keptOutput);
  });
  const onExit = () => {
    signalGroup(child.pid, 'SIGTERM');
    onProcessExit();
  };
  process.once('exit', onExit);
  const exited = new Promise<void>((resolve) => {
    // "close" waits for the pipe too, which processes that the service started may hold for long.
    child.once('exit', (code, signal) => {
      ending ??= signal === null ? `exit code ${code}` : `ended by ${signal}`;
      resolve();
    });
    child.once('error', (error) => {
      ending ??= error.message;
      resolve();
    });
  }).then(() => {
    process.off('exit', onExit);
    stderr?.destroy();
  });
  child.unref();
  (stderr as (Readable & { unref?: () => void }) | null | undefined)?.unref?.();

  let stopping: Promise<void> | undefined;
  return {
    pid: child.pid ?? 0,
    exited,
    get hasExited() {
      return ending !== undefined;
    },
    get ending() {
      return ending ?? 'running';
    },
    get output() {
      return output.trim();
    },
    stop() {
      stopping ??= stopGroup(child.pid, exited, () => ending !== undefined);
      return stopping;
    },
  };
}

async function stopGroup(
  pid: number | undefined,
  exited: Promise<void>,
  hasExited: () => boolean,
): Promise<void> {
  if (hasExited()) return;
  signalGroup(pid, 'SIGTERM');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([exited, late]);
  clearTimeout(timer);
  if (!hasExited()) signalGroup(pid, 'SIGKILL');
  await exited;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The process has ended already.
  }
}
