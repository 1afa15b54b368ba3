/** The engines that are up, by suite, connected to; a Podman once for each of its services. */
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadEngines, type TestEngine } from '../engines/engines.ts';
import { loadFixture, type FixtureName } from '../plugins/images.ts';

export interface ConnectedSuite extends AsyncDisposable {
  readonly engines: readonly Engine[];
}

/** Names of the suites that are up, each with its engines. */
export function suites(): ReadonlyMap<string, readonly TestEngine[]> {
  const bySuite = new Map<string, TestEngine[]>();
  for (const engine of loadEngines())
    bySuite.set(engine.suite, [...(bySuite.get(engine.suite) ?? []), engine]);
  return bySuite;
}

export async function connectAll(testEngines: readonly TestEngine[]): Promise<ConnectedSuite> {
  const sockets = new Set(testEngines.flatMap(({ services }) => services.map(({ socket }) => socket)));
  const engines: Engine[] = [];
  for (const socketPath of sockets) engines.push(await connectEngine({ socketPath }));
  return {
    engines,
    async [Symbol.asyncDispose]() {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}

/** Gives every engine the image. @returns its tag, or why it can't be made here */
export async function loadOnAll(
  engines: readonly Engine[],
  name: FixtureName,
): Promise<{ readonly tag: string } | { readonly skipped: string }> {
  let tag = '';
  for (const engine of engines) {
    const image = await loadFixture(engine, name);
    if (image.skipped !== undefined) return { skipped: image.skipped };
    ({ tag } = image);
  }
  return { tag };
}
