/** A process beside the host that outlives it, and removes what it left when it was killed. */
import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { PodmanServiceOptions } from '../engine/index.ts';
import { thisProcess, type ProcessIdentity } from '../process-identity.ts';

/** A way to an engine: its socket, or a Podman service that has to be started because it died with the host. */
export type WatchedEngine =
  | { readonly socketPath: string }
  | { readonly podman: Pick<PodmanServiceOptions, 'runtime' | 'root' | 'runRoot' | 'tmpDir'> };

/** Lines that the host writes to its watchdog. The end of the lines is the end of the host. */
export type WatchdogLine =
  | {
      readonly kind: 'host';
      readonly clusterId: string;
      readonly process: ProcessIdentity;
      readonly parents: readonly string[];
    }
  | { readonly kind: 'engine'; readonly engine: WatchedEngine }
  /** The host closes in order: there is nothing to do. */
  | { readonly kind: 'bye' };

export class Watchdog {
  readonly #tell: (line: WatchdogLine) => void;
  readonly #end: () => void;

  /** Starts the process. It costs the memory of a Node.js without anything to do, and keeps this one not alive. */
  constructor({ clusterId, parents }: { readonly clusterId: string; readonly parents: readonly string[] }) {
    // Of the same kind as this file: TypeScript from the sources, JavaScript from the package.
    const program = new URL(`./watchdog-process${extname(import.meta.url)}`, import.meta.url);
    const child = spawn(process.execPath, [...process.execArgv, program.pathname], {
      detached: true, // a Ctrl-C in the terminal, or the end of the host's group, is not meant for it
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.once('error', (error) => {
      process.emitWarning(error);
    });
    child.stdin.on('error', () => undefined); // it has gone, and can't be helped
    child.unref();
    (child.stdin as typeof child.stdin & { unref?: () => void }).unref?.();
    this.#tell = (line) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(line)}\n`);
    };
    this.#end = () => {
      child.stdin.end();
    };
    this.#tell({ kind: 'host', clusterId, process: thisProcess(), parents });
  }

  watch(engine: WatchedEngine): void {
    this.#tell({ kind: 'engine', engine });
  }

  /** Lets it end: the host closes in order. */
  dismiss(): void {
    this.#tell({ kind: 'bye' });
    this.#end();
  }
}
