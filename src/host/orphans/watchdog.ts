/** A process beside the host that outlives it, and removes what the host left when it was killed. */
import { spawn } from 'node:child_process';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PodmanServiceOptions } from '../../engine/index.ts';
import { thisProcess, type ProcessIdentity } from '../../linux/process-identity.ts';
import type { Cluster } from './sweep.ts';

/**
 * How to reach an engine: its socket, or the options of a Podman service that died with the host and has to be started
 * again.
 */
export type WatchedEngine =
  | { readonly socketPath: string }
  | { readonly podman: Pick<PodmanServiceOptions, 'runtime' | 'root' | 'runRoot' | 'tmpDir'> };

/** Lines that the host writes to its watchdog. The end of the stream means that the host has ended. */
export type WatchdogLine =
  | {
      readonly kind: 'host';
      readonly clusterId: string;
      /** The key in hexadecimal digits. Nobody else can read the pipe. */
      readonly key: string;
      readonly process: ProcessIdentity;
      readonly parents: readonly string[];
    }
  | { readonly kind: 'engine'; readonly engine: WatchedEngine }
  /** The file of the host's record, which goes when nothing of the host is left. */
  | { readonly kind: 'record'; readonly path: string }
  /** The host closes in order, so there is nothing to do. */
  | { readonly kind: 'bye' };

/** The program has the same extension as this file: TypeScript in a checkout, JavaScript in the package. */
const program = new URL(`./watchdog-process${extname(import.meta.url)}`, import.meta.url);

export class Watchdog {
  readonly #tell: (line: WatchdogLine) => void;
  readonly #end: () => void;

  /** Starts the process. It uses the memory of an idle Node.js, and does not keep this process alive. */
  constructor({ cluster, parents }: { readonly cluster: Cluster; readonly parents: readonly string[] }) {
    const loader = loaderArguments();
    const child = spawn(process.execPath, [...loader, fileURLToPath(program)], {
      detached: true, // a Ctrl-C in the terminal, or a signal to the host's process group, must not end it
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environmentForEngines(),
      ...(loader.length === 0 && { cwd: '/' }), // a loader may be found by the working directory
    });
    child.once('error', (error) => {
      process.emitWarning(error);
    });
    child.stdin.on('error', () => undefined); // the process has gone, and nothing can be done
    child.unref();
    (child.stdin as typeof child.stdin & { unref?: () => void }).unref?.();
    this.#tell = (line) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(line)}\n`);
    };
    this.#end = () => {
      child.stdin.end();
    };
    const key = Buffer.from(cluster.key).toString('hex');
    this.#tell({ kind: 'host', clusterId: cluster.clusterId, key, process: thisProcess(), parents });
  }

  watch(engine: WatchedEngine): void {
    this.#tell({ kind: 'engine', engine });
  }

  remember(record: string): void {
    this.#tell({ kind: 'record', path: record });
  }

  /** Ends the watchdog, because the host closes in order. */
  dismiss(): void {
    this.#tell({ kind: 'bye' });
    this.#end();
  }
}

/**
 * The arguments with which Node.js reads TypeScript in a checkout. No other argument of this process reaches the
 * watchdog: with `--eval`, it would run the caller's program again, which would start another watchdog, and so on.
 */
function loaderArguments(): string[] {
  if (extname(program.pathname) !== '.ts') return [];
  return process.execArgv.flatMap((argument, at, all) => {
    if (argument === '--import') return [argument, all[at + 1] ?? ''];
    return argument.startsWith('--import=') ? [argument] : [];
  });
}

/**
 * The variables by which Podman finds its storage and programs. Other variables may hold secrets and are not passed on.
 */
function environmentForEngines(): Record<string, string> {
  const names =
    /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_.*|DBUS_SESSION_BUS_ADDRESS|CONTAINERS_.*|STORAGE_(DRIVER|OPTS))$/;
  const files = /^(TMPDIR|CONTAINERS_.*)$/; // the watchdog has another working directory
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && names.test(name)
        ? [[name, files.test(name) && value !== '' ? resolve(value) : value]]
        : [],
    ),
  );
}
