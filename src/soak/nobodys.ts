/** Volumes and networks of an engine that no container uses: a plugin's container has none of its own, and must leave none. */
import type { Engine } from '../engine/index.ts';

/** Returns them by their names. */
export async function nobodys(engine: Engine): Promise<string[]> {
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
