import type { EngineClient } from './client.ts';
import type { Engine } from './engine.ts';

const clients = new WeakMap<Engine, EngineClient>();

/** Notes which client makes the calls of an engine. */
export function noteClient(engine: Engine, client: EngineClient): void {
  clients.set(engine, client);
}

/** Returns the client of an engine of this package; `undefined` for an object that only looks like one. */
export function clientOf(engine: Engine): EngineClient | undefined {
  return clients.get(engine);
}
