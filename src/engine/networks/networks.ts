import { z } from 'zod';
import { flag, textOrNothing } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { Engine } from '../engine.ts';
import { EngineProtocolError } from '../errors.ts';

/** A network of an engine that containers can join. */
export interface EngineNetwork {
  readonly name: string;
  readonly id: string;
  /** Such as `bridge`, `macvlan`, `host` or `null`. */
  readonly driver: string;
  /** Whether nothing outside of it can be reached from it. */
  readonly internal: boolean;
  /** Whether it is the one that containers join with the mode `bridge`. */
  readonly isDefault: boolean;
}

/**
 * Lists the networks of an engine by name, in one form for Docker and Podman. (Docker's own order is another each time.)
 * Podman's default network has a name of its own,
 * which only its Docker-compatible API equates with `bridge`.
 *
 * @throws the errors of `Engine.request`
 */
export async function listNetworks(engine: Engine, { signal }: CallOptions = {}): Promise<EngineNetwork[]> {
  const compatible = await ask(engine, '/networks', dockerNetworks, signal);
  const defaultId = compatible.find(({ Name }) => Name === 'bridge')?.Id;
  if (engine.kind === 'docker') {
    return byName(
      compatible.map(({ Name, Id, Driver, Internal }) => ({
        name: Name,
        id: Id,
        driver: Driver,
        internal: Internal,
        isDefault: Id === defaultId,
      })),
    );
  }
  const own = await ask(engine, '/libpod/networks/json', podmanNetworks, signal);
  return byName(
    own.map(({ name, id, driver, internal }) => ({
      name,
      id,
      driver,
      internal,
      isDefault: id === defaultId,
    })),
  );
}

function byName(networks: EngineNetwork[]): EngineNetwork[] {
  const key = ({ name, id }: EngineNetwork) => `${name} ${id}`;
  return networks.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/**
 * Returns the network that a name, an id or the beginning of an id refers to, as engines look it up: whole id and name
 * come first, and the beginning of several ids means none of them.
 */
export function networkNamed<T extends Pick<EngineNetwork, 'name' | 'id'>>(
  networks: readonly T[],
  given: string,
): T | undefined {
  const exact = networks.find(({ id }) => id === given) ?? networks.find(({ name }) => name === given);
  if (exact !== undefined || !/^[0-9a-f]+$/.test(given)) return exact;
  const [found, another] = networks.filter(({ id }) => id.startsWith(given));
  return another === undefined ? found : undefined;
}

async function ask<T>(
  engine: Engine,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const { body } = await engine.request({ method: 'GET', path, signal });
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new EngineProtocolError(
    `the engine's list of networks does not have the form that its API describes`,
    {
      cause: result.error,
      method: 'GET',
      path,
      socketPath: engine.socketPath,
    },
  );
}

const dockerNetworks = z
  .array(z.object({ Name: z.string(), Id: z.string(), Driver: textOrNothing, Internal: flag }))
  .nullish()
  .transform((list) => list ?? []);

const podmanNetworks = z
  .array(z.object({ name: z.string(), id: z.string(), driver: textOrNothing, internal: flag }))
  .nullish()
  .transform((list) => list ?? []);
