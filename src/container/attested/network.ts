import { absent, anything, isPodman, list, same, type AttestedSetting, type Given } from './setting.ts';

/** The settings that decide what the container can reach, and what can reach it. */
export const networkSettings: readonly AttestedSetting[] = [
  same('network', ['network'], wantedMode, madeMode),
  same(
    'no network',
    ['networkDisabled'],
    ({ asked }) => (asked.networkDisabled === true ? true : anything),
    ({ made }) => made.networkDisabled,
  ),
  same(
    'networks',
    ['network'],
    () => 'no other',
    (given) => {
      const others = otherNetworks(given);
      return others.length === 0 ? 'no other' : list(others);
    },
  ),
  absent('published ports', ({ made }) => made.publishedPorts),
  absent('added hosts', ({ made }) => made.extraHosts),
  absent('name servers', ({ made }) => made.dns),
];

/** Podman's network modes as it reports them; `podmanNetwork` says what it is sent. */
const podmanModes = ['none', 'host', 'bridge', 'private', 'slirp4netns', 'pasta', 'container', 'ns'];

function wantedMode({ asked }: Given): string {
  return asked.network ?? 'one of its own';
}

function madeMode(given: Given): string {
  const { asked, made } = given;
  const wanted = asked.network;
  const found = made.network;
  if (wanted === undefined) return /^(host|container:|ns:)/.test(found) ? found : 'one of its own';
  return isSameMode(wanted, found, given) ? wanted : found;
}

function isSameMode(wanted: string, found: string, given: Given): boolean {
  if (wanted === found) return true;
  // A container is requested by its name and reported by its id.
  if (wanted.startsWith('container:'))
    return isContainer(wanted.slice(10), /^container:([0-9a-f]{64})$/.exec(found)?.[1]);
  if (!isPodman(given)) return wanted === 'default' && found === 'bridge';
  if (wanted === 'private' || wanted === 'default')
    return /^(bridge|slirp4netns|pasta)$/.test(found.split(':')[0] ?? '');
  if (/^(slirp4netns|pasta)(:|$)/.test(wanted)) return wanted.split(':')[0] === found.split(':')[0];
  // Podman reports a network's name only in the list of networks.
  return (
    !podmanModes.includes(wanted.split(':')[0] ?? '') &&
    found === 'bridge' &&
    given.made.networks.includes(wanted)
  );
}

function isContainer(wanted: string, id: string | undefined): boolean {
  if (id === undefined) return false;
  return /^[0-9a-f]{12,64}$/.test(wanted) ? id.startsWith(wanted) : true;
}

/**
 * Networks that were not requested. Podman's bridge has the name of its default network, which its configuration
 * decides.
 */
function otherNetworks(given: Given): readonly string[] {
  const { asked, made } = given;
  const mode = asked.network;
  const isUnnamed = mode === undefined || ['bridge', 'default', 'private'].includes(mode);
  if (isUnnamed) return made.networks.length > 1 ? made.networks : [];
  return made.networks.filter((name) => name !== mode);
}
