import { networkNamed } from '../engine/internal.ts';
import { networkKind } from '../settings/network-kind.ts';
import { isKnown, valueOf } from './fact.ts';
import type { ListedNetwork } from './network-facts.ts';
import type { LaunchCase } from './rule.ts';
import { flagValue } from './runtime-kind.ts';

/** The network that a plugin really has once it is launched, whatever was asked for. */
export interface NetworkAccess {
  /**
   * - none: a loopback interface and nothing else
   * - internal: the other containers of its network, and nothing outside
   * - outside: what the engine's host can reach
   * - host: the network of the engine's host itself
   * - shared: the network namespace of another container, or of a path
   * - unknown: it could not be found out
   */
  readonly reach: 'none' | 'internal' | 'outside' | 'host' | 'shared' | 'unknown';
  /** The same in words. */
  readonly description: string;
}

/** Says what network the plugin of this launch will have. */
export function networkAccess(launch: LaunchCase): NetworkAccess {
  const network = wantedNetwork(launch);
  if (network === undefined)
    return { reach: 'none', description: 'none: a loopback interface and nothing else' };
  const { runtime } = launch;
  if (runtime?.kind === 'runsc') {
    if (!isKnown(runtime.args))
      return { reach: 'unknown', description: `it is not known how runsc is run: ${runtime.args.unknown}` };
    if (runscNetwork(runtime.args.value) === 'none')
      return {
        reach: 'none',
        description: `none: runsc is run with --network=none, and so ignores ${network}`,
      };
  }
  return accessOf(launch, network);
}

/** The network that was asked for; `undefined` for none. */
export function wantedNetwork({ wishes }: Pick<LaunchCase, 'wishes'>): string | undefined {
  return wishes.network === 'none' ? undefined : wishes.network;
}

/** Returns what runsc does with the network of its containers: `sandbox`, its own stack, unless it is told otherwise. */
export function runscNetwork(args: readonly string[]): string {
  return flagValue(args, 'network') ?? 'sandbox';
}

/** The listed network that the request leads to; `undefined` where it leads to none, or no list is there. */
export function listedNetwork({ engine }: LaunchCase, network: string): ListedNetwork | undefined {
  const networks = engine.network === undefined ? [] : (valueOf(engine.network.networks) ?? []);
  return networkKind(engine.kind, network) === 'default'
    ? networks.find(({ isDefault }) => isDefault)
    : networkNamed(networks, network);
}

function accessOf(launch: LaunchCase, network: string): NetworkAccess {
  const { engine } = launch;
  switch (networkKind(engine.kind, network)) {
    case 'host':
      return { reach: 'host', description: `the network of ${hostOf(launch)}` };
    case 'container':
    case 'namespace':
      return { reach: 'shared', description: `the network namespace of ${network}` };
    case 'user-mode':
      return { reach: 'outside', description: `${network}: what ${hostOf(launch)} can reach` };
    case 'default':
    case 'named':
      return throughNetwork(launch, network);
    default:
      return { reach: 'none', description: 'none: a loopback interface and nothing else' };
  }
}

function throughNetwork(launch: LaunchCase, network: string): NetworkAccess {
  const { engine } = launch;
  const listed = listedNetwork(launch, network);
  if (listed === undefined) {
    const facts = engine.network?.networks;
    const isOwn = engine.kind === 'podman' && networkKind('podman', network) === 'default';
    if (facts === undefined || isOwn)
      return { reach: 'outside', description: `the network ${network}: what ${hostOf(launch)} can reach` };
    if (!isKnown(facts))
      return { reach: 'unknown', description: `its networks are not known: ${facts.unknown}` };
    return { reach: 'none', description: `none: the engine has no network ${network}` };
  }
  const name = listed.name === network ? network : `${network} (${listed.name})`;
  return listed.internal
    ? { reach: 'internal', description: `the internal network ${name}: its containers and nothing outside` }
    : { reach: 'outside', description: `the network ${name}: what ${hostOf(launch)} can reach` };
}

function hostOf({ engine }: LaunchCase): string {
  const isOther = engine.network !== undefined && valueOf(engine.network.sharesNamespace) === false;
  return isOther
    ? "the engine's own network namespace, which is not that of this host,"
    : "the engine's host";
}
