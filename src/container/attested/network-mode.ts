/** Compares networks by what they mean, because engines report them in other words than they were asked in. */
import type { NetworkEndpoint } from '../../engine/index.ts';
import { networkKind } from '../../settings/network-kind.ts';
import { isPodman, same, type AttestedSetting, type Given } from './setting.ts';

const ownNamespace = 'one of its own';

export const networkModeSetting: AttestedSetting = same(
  'network',
  ['network'],
  ({ asked }) => asked.network ?? ownNamespace,
  (given) => {
    const { asked, made } = given;
    if (asked.network === undefined)
      return /^(host|container:|ns:)/.test(made.network) ? made.network : ownNamespace;
    return isSameMode(asked.network, made.network, given) ? asked.network : made.network;
  },
);

function isSameMode(wanted: string, found: string, given: Given): boolean {
  const kind = networkKind(isPodman(given) ? 'podman' : 'docker', wanted);
  switch (kind) {
    case 'none':
    case 'host':
      return found === kind;
    case 'namespace':
      return found === wanted;
    case 'container':
      return isContainer(wanted.slice('container:'.length), found, given);
    case 'default':
      return isDefault(wanted, found, given);
    case 'user-mode':
      return isUserMode(wanted, found);
    case 'named':
      return isNamed(wanted, found, given);
  }
}

/** A container is requested by its name, its id or the beginning of its id, and reported by its id. */
function isContainer(wanted: string, found: string, { network }: Given): boolean {
  const id = /^container:([0-9a-f]{64})$/.exec(found)?.[1];
  return id !== undefined && id === (network?.kind === 'container' ? network.id : wanted);
}

/** The engine's default: Docker's bridge, or what a Podman makes where none is named, if it is the container's own. */
function isDefault(wanted: string, found: string, given: Given): boolean {
  if (!isPodman(given)) return ['bridge', 'default'].includes(found);
  if (wanted === 'bridge') return found === 'bridge';
  if (found === 'none') return wanted === 'default'; // so containers.conf may say
  return found === 'bridge' || found === 'slirp4netns' || found === 'pasta';
}

/** Podman reports the program alone, and keeps its options elsewhere. Options that it reports must be the requested ones. */
function isUserMode(wanted: string, found: string): boolean {
  const [program, options] = splitMode(wanted);
  const [madeProgram, madeOptions] = splitMode(found);
  return program === madeProgram && (madeOptions === '' || madeOptions === options);
}

/** Splits `pasta:-t,80` into program and options, which have no order. */
function splitMode(mode: string): [program: string, options: string] {
  const at = mode.indexOf(':');
  if (at < 0) return [mode, ''];
  const options = mode.slice(at + 1).split(',');
  return [mode.slice(0, at), mode.startsWith('slirp4netns') ? options.sort().join(',') : options.join(',')];
}

/** Docker reports what it was asked for; Podman reports `bridge`, and names the network in the list of networks. */
function isNamed(wanted: string, found: string, given: Given): boolean {
  const { network, made } = given;
  const names = network?.kind === 'network' ? [network.name, network.id] : [wanted];
  if (!isPodman(given)) return found === wanted || names.includes(found);
  return found === 'bridge' && made.networks.some((name) => names.includes(name));
}

/** Networks of the container that were not requested. */
export function otherNetworks(given: Given): readonly string[] {
  const { made } = given;
  const allowed = allowedNetworks(given);
  if (allowed === undefined) return [];
  // Podman 5 lists a mode that is no network, such as `pasta`, among the networks. The mode itself is compared.
  const joined = isPodman(given) ? made.networks.filter((name) => name !== made.network) : made.networks;
  if (allowed === 'any one') return joined.length > 1 ? joined : [];
  const foreign = endpointsOf(made).filter(
    ({ network, networkId }) =>
      allowed.includes(network) &&
      isForeign(networkId, given.network?.kind === 'network' ? given.network : undefined),
  );
  return [
    ...joined.filter((name) => !allowed.includes(name)),
    ...foreign.map(({ network, networkId = '' }) => `${network} with the id ${networkId}`),
  ];
}

/** Containers that were described by an earlier version have none. */
function endpointsOf({
  endpoints,
}: {
  readonly endpoints?: readonly NetworkEndpoint[];
}): readonly NetworkEndpoint[] {
  return endpoints ?? [];
}

/** @param networkId Podman before 5 gives the name here */
function isForeign(
  networkId: string | undefined,
  wanted: { readonly name: string; readonly id: string } | undefined,
): boolean {
  if (networkId === undefined || wanted === undefined) return false;
  return networkId !== wanted.id && networkId !== wanted.name;
}

/** Names of the networks that the request leads to; `undefined` where they are those of another namespace. */
function allowedNetworks(given: Given): readonly string[] | 'any one' | undefined {
  const { asked, network } = given;
  const mode = asked.network;
  if (mode === undefined) return 'any one';
  const engine = isPodman(given) ? 'podman' : 'docker';
  const resolved = network?.kind === 'network' ? [network.name, network.id] : undefined;
  switch (networkKind(engine, mode)) {
    case 'container':
    case 'namespace':
      return undefined;
    case 'none':
    case 'host':
      return [mode];
    case 'user-mode':
      return [];
    case 'default':
      return engine === 'docker' ? ['bridge'] : (resolved ?? 'any one');
    case 'named':
      return resolved ?? [mode];
  }
}
