import { networkModeSetting, otherNetworks } from './network-mode.ts';
import { absent, anything, list, same, type AttestedSetting } from './setting.ts';

/** The settings that decide what the container can reach, and what can reach it. */
export const networkSettings: readonly AttestedSetting[] = [
  networkModeSetting,
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
