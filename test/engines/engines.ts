/**
 * The engines that `scripts/engines up` has started, as tests see them.
 *
 * A test that needs engines loops over `loadEngines()`, and skips with `noEngines` as its reason when there are none.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A socket whose containers run with `runtime`. Docker's three share one socket, Podman has a socket for each. */
export interface TestService {
  readonly runtime: 'runc' | 'crun' | 'runsc';
  readonly socket: string;
  /** What the runtime's binary says, for example `1.1.5+ds1`. */
  readonly runtimeVersion: string;
}

export interface TestEngine {
  readonly name: string;
  /** Where its programs come from: `host`, or the name of a Debian suite. */
  readonly suite: string;
  readonly kind: 'docker' | 'podman';
  readonly rootless: boolean;
  readonly version: string;
  /** The highest Engine API version it speaks. */
  readonly apiVersion: string;
  readonly storageDriver: string;
  /** Only those that are up. */
  readonly services: readonly TestService[];
  /** Make socket directories below this one: it has the same path inside and outside every engine. */
  readonly shareDirectory: string;
  /** Who runs the rootless engines. */
  readonly user: TestUser;
}

export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export const noEngines = 'no engine is up: run scripts/engines up';

/** The script that starts and ends them. */
export const enginesScript = fileURLToPath(new URL('../../scripts/engines', import.meta.url));

/**
 * Asks which engines are up, of every suite, or of the one that BULKHEAD_TEST_SUITE names. Returns an empty list where there
 * are none.
 */
export function loadEngines(environment: NodeJS.ProcessEnv = process.env): TestEngine[] {
  const { shareDirectory, user, engines: known } = loadStatus(environment);
  const wanted = environment['BULKHEAD_TEST_SUITE'];
  const engines = known.filter(({ suite }) => wanted === undefined || suite === wanted);
  const { name, uid, gid } = user;
  if (uid === undefined || gid === undefined) return [];
  return engines.flatMap(({ version, apiVersion, storageDriver, services, ...engine }) =>
    engine.state === 'up' && version !== undefined && apiVersion !== undefined && storageDriver !== undefined
      ? {
          ...engine,
          version,
          apiVersion,
          storageDriver,
          services: services.flatMap(({ runtime, socket, state, runtimeVersion }) =>
            state === 'up' && runtimeVersion !== undefined ? { runtime, socket, runtimeVersion } : [],
          ),
          shareDirectory,
          user: { name, uid, gid },
        }
      : [],
  );
}

const state = z.enum(['up', 'down', 'failed']);

const statusDocument = z.object({
  shareDirectory: z.string(),
  user: z.object({ name: z.string(), uid: z.number().optional(), gid: z.number().optional() }),
  engines: z.array(
    z.object({
      name: z.string(),
      suite: z.string(),
      kind: z.enum(['docker', 'podman']),
      rootless: z.boolean(),
      state,
      reason: z.string().optional(),
      version: z.string().optional(),
      apiVersion: z.string().optional(),
      storageDriver: z.string().optional(),
      services: z.array(
        z.object({
          runtime: z.enum(['runc', 'crun', 'runsc']),
          socket: z.string(),
          state,
          reason: z.string().optional(),
          runtimeVersion: z.string().optional(),
        }),
      ),
    }),
  ),
});

export type EnginesStatus = z.infer<typeof statusDocument>;

/**
 * Everything that `scripts/engines status --json` says, failures and their reasons included; or what the file says that
 * BULKHEAD_ENGINES_STATUS names, on a machine whose engines nobody has to start.
 */
export function loadStatus(environment: NodeJS.ProcessEnv = process.env): EnginesStatus {
  const file = environment['BULKHEAD_ENGINES_STATUS'];
  if (file !== undefined) return statusDocument.parse(JSON.parse(readFileSync(file, 'utf8')));
  const { status, stdout, stderr, error } = spawnSync(enginesScript, ['status', '--json'], {
    encoding: 'utf8',
    env: environment,
    timeout: 60_000,
  });
  if (error) throw error;
  // 3: this machine lacks what the script itself needs, so nothing can be up.
  if (status === 3) return { shareDirectory: '', user: { name: '' }, engines: [] };
  if (status !== 0) throw new Error(`scripts/engines status ended with ${status ?? 'a signal'}: ${stderr}`);
  return statusDocument.parse(JSON.parse(stdout));
}
