import { NotFoundError, type Engine } from '../../engine/index.ts';
import { listNetworks, networkNamed } from '../../engine/internal.ts';
import { networkKind } from '../../settings/network-kind.ts';

/** What an engine knows under the word that a request has for a network. */
export type ResolvedNetwork =
  | { readonly kind: 'network'; readonly name: string; readonly id: string }
  | { readonly kind: 'container'; readonly id: string };

/**
 * Asks the engine what a requested network is. Returns `undefined` where the word says it all, or where the engine knows
 * nothing of that name, and then refuses the container itself.
 *
 * @throws the errors of `Engine.request` and `containers.inspect`
 */
export async function resolveNetwork(
  engine: Engine,
  network: string | undefined,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ResolvedNetwork | undefined> {
  if (network === undefined) return undefined;
  const kind = networkKind(engine.kind, network);
  if (kind === 'container') return containerNamed(engine, network.slice('container:'.length), signal);
  if (kind !== 'named' && !(kind === 'default' && engine.kind === 'podman')) return undefined;
  const networks = await listNetworks(engine, { signal });
  const found =
    kind === 'default' ? networks.find(({ isDefault }) => isDefault) : networkNamed(networks, network);
  return found && { kind: 'network', name: found.name, id: found.id };
}

async function containerNamed(
  engine: Engine,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ResolvedNetwork | undefined> {
  try {
    const { id } = await engine.containers.inspect(name, { signal });
    return { kind: 'container', id };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
