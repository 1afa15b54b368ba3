/** Volumes and networks of an engine that no container uses: a plugin's container has none of its own, and must leave none. */
import type { Engine } from '../engine/index.ts';

/** A Podman fails while a container of somebody else is being removed. */
const tries = 5;

/** Returns them by their names. */
export async function nobodys(engine: Engine): Promise<string[]> {
  for (let left = tries; ; left -= 1) {
    try {
      return await look(engine);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

async function look(engine: Engine): Promise<string[]> {
  const query = { filters: { dangling: ['true'] } };
  const [volumes, networks] = await Promise.all(
    ['/volumes', '/networks'].map((path) => engine.request({ method: 'GET', path, query })),
  );
  const listed = volumes?.body as { readonly Volumes?: readonly Named[] | null } | undefined;
  return [
    ...(listed?.Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ...((networks?.body ?? []) as readonly Named[]).map(({ Name }) => `network ${Name}`),
  ];
}

interface Named {
  readonly Name: string;
}
