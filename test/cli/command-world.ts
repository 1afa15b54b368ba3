/** A world of its own for tests of the command: an engine, a directory and a folder for sockets, which end with it. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { hostLabels } from '../../src/host/index.ts';
import type { TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { startBulkhead, type Ended } from './bulkhead.ts';

/** A row of `bulkhead ps -format=json`. */
export interface ProcessRow {
  readonly instance: string;
  readonly type: string;
  readonly name: string;
  readonly state: string;
  readonly restarts?: number;
  readonly mounts?: number;
  readonly memory_bytes?: number;
  readonly pid?: number;
  readonly container?: string;
}

export interface CommandWorld extends AsyncDisposable {
  readonly engine: Engine;
  readonly directory: string;
  /** The folder for sockets. */
  readonly sockets: string;
  /** What a command's processes have in their environment beside the PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** Flags that name the engine and the folder for sockets. */
  readonly where: readonly string[];
  readonly start: (...args: string[]) => ChildProcess;
  /** Has a process ended with the world. */
  readonly adopt: (child: ChildProcess) => ChildProcess;
  /** Runs the command to its end. */
  readonly bulkhead: (...args: string[]) => Promise<Ended>;
  /** The same, with a text on its standard input. */
  readonly bulkheadWith: (input: string, ...args: string[]) => Promise<Ended>;
  /** The same, which must succeed; returns what it printed. */
  readonly ok: (...args: string[]) => Promise<string>;
  /** The plugins that processes of this world run, as `ps` shows them. */
  readonly processes: () => Promise<ProcessRow[]>;
  /** Names of this world's containers: those whose sockets are in its folder. */
  readonly containers: () => Promise<string[]>;
}

export async function openCommandWorld(
  testEngine: TestEngine,
  variables: Readonly<Record<string, string>> = {},
  runtime = 'runc',
): Promise<CommandWorld> {
  const socketPath = testEngine.services.find((service) => service.runtime === runtime)?.socket ?? '';
  const engine = await connectEngine({ socketPath });
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-cli-'));
  const parent = await ownSocketParent(testEngine);
  const environment = { BULKHEAD_DIRECTORY: directory, ...variables };
  const where = [`-engine=${engine.socketPath}`, `-socket_directory=${parent.path}`];
  const started: ChildProcess[] = [];
  const adopt = (child: ChildProcess): ChildProcess => {
    started.push(child);
    return child;
  };
  const start = (...args: string[]): ChildProcess => adopt(startBulkhead(args, environment));
  const bulkhead = (...args: string[]): Promise<Ended> => ended(start(...args));
  const bulkheadWith = (input: string, ...args: string[]): Promise<Ended> => {
    const child = start(...args);
    child.stdin?.on('error', () => undefined).end(input); // a command may end without having read it
    return ended(child);
  };
  const ended = async (child: ChildProcess): Promise<Ended> => {
    const output = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, ...output };
  };
  const ok = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await bulkhead(...args);
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  return {
    engine,
    directory,
    sockets: parent.path,
    environment,
    where,
    start,
    adopt,
    bulkhead,
    bulkheadWith,
    ok,
    async processes() {
      const rows = JSON.parse(await ok('ps', '-format=json', where[0] ?? '')) as ProcessRow[];
      return rows.filter(({ pid }) => started.some((child) => child.pid === pid));
    },
    async containers() {
      const all = await engine.containers.list({ all: true, filters: { label: [hostLabels.folder] } });
      return all
        .filter(({ labels }) => labels[hostLabels.folder]?.startsWith(parent.path))
        .flatMap(({ names }) => names);
    },
    async [Symbol.asyncDispose]() {
      for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
      await engine.close();
      await parent[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a process writes to both of its outputs, and waiting for something in it. */
export function linesOf(child: ChildProcess): { until(pattern: RegExp): Promise<void>; text(): string } {
  let text = '';
  let look: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      look();
    });
  }
  child.once('exit', () => {
    look();
  });
  return {
    text: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (pattern.test(text)) resolve();
          else if (child.exitCode !== null) reject(new Error(`ended without ${String(pattern)}: ${text}`));
        };
        look();
      }),
  };
}
