/** The engines on which the tests of operations run. */
import { randomUUID } from 'node:crypto';
import { describe } from 'node:test';
import { connectEngine, type CreateContainerOptions, type Engine } from '../../../src/engine/index.ts';
import { loadEngines, noEngines } from '../../engines/engines.ts';
import { ensureTestImage, noBusybox, testImage } from './busybox-image.ts';

export interface RealEngine {
  readonly title: string;
  readonly socketPath: string;
  readonly kind: 'docker' | 'podman';
  readonly rootless: boolean;
  readonly runtime: 'runc' | 'crun' | 'runsc';
  readonly storageDriver: string;
  /** Same path inside and outside of the engine. */
  readonly shareDirectory: string;
}

const all: readonly RealEngine[] = loadEngines().flatMap(({ suite, name, version, services, ...engine }) =>
  services.map(({ runtime, socket }) => ({
    title: `${suite} ${name} ${version} with ${runtime}`,
    socketPath: socket,
    runtime,
    ...engine,
  })),
);

/** Each engine once, with the first runtime that it has. */
const onePerEngine = all.filter(
  (engine, i) => all.findIndex((other) => titleWithoutRuntime(other) === titleWithoutRuntime(engine)) === i,
);

function titleWithoutRuntime({ title, runtime }: RealEngine): string {
  return title.slice(0, -runtime.length);
}

/** One suite of tests per engine (or per engine and runtime), or one that is skipped with the reason. */
export function describeEngines(
  title: string,
  define: (engine: RealEngine) => void,
  { everyRuntime = false }: { everyRuntime?: boolean } = {},
): void {
  const engines = everyRuntime ? all : onePerEngine;
  const skip = engines.length === 0 ? noEngines : (noBusybox ?? false);
  describe(title, { skip, timeout: 600_000 }, () => {
    for (const engine of engines) {
      describe(engine.title, () => {
        define(engine);
      });
    }
  });
}

/** A connection, with the test image there. */
export async function connectWithImage({ socketPath }: RealEngine): Promise<Engine> {
  const engine = await connectEngine({ socketPath });
  try {
    await ensureTestImage(engine);
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A container that is removed when it goes out of scope. */
export interface TestContainer extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
}

/** Creates a container that runs `script` in a shell, without a network. */
export async function createTestContainer(
  engine: Engine,
  script: string,
  options: Partial<CreateContainerOptions> = {},
): Promise<TestContainer> {
  const name = `bulkhead-test-${randomUUID()}`;
  const { id } = await engine.containers.create({
    name,
    image: testImage,
    cmd: ['/bin/sh', '-c', script],
    network: 'none',
    ...options,
  });
  return {
    id,
    name: options.name ?? name,
    [Symbol.asyncDispose]: () =>
      engine.containers.remove(id, { force: true, volumes: true }).catch(ignoreNotFound),
  };
}

function ignoreNotFound(error: unknown): void {
  if ((error as { code?: string }).code !== 'ENGINE_NOT_FOUND') throw error;
}

export async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
