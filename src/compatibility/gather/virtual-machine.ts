/** Engines that are known to run in a virtual machine, by what they or their sockets are called. */
import type { EngineInfo } from '../../engine/index.ts';

const bySocket: readonly (readonly [RegExp, string])[] = [
  [/\/\.docker\/desktop\//, 'Docker Desktop'],
  [/\/\.lima\//, 'Lima'],
  [/\/\.colima\//, 'Colima'],
  [/\/\.config\/colima\//, 'Colima'],
  [/\/\.rd\//, 'Rancher Desktop'],
  [/\/\.orbstack\//, 'OrbStack'],
  [/\/podman\/machine\/|\/podman-machine-/, 'podman machine'],
];

const byHostName: readonly (readonly [RegExp, string])[] = [
  [/^docker-desktop$/, 'Docker Desktop'],
  [/^lima-rancher-desktop$/, 'Rancher Desktop'],
  [/^lima-/, 'Lima'],
  [/^colima(?:-|$)/, 'Colima'],
  [/^orbstack$/, 'OrbStack'],
];

/** What the engine runs in, with the evidence; `undefined` where nothing says so. A kernel of the same version does not count against it. */
export function virtualMachineOf(
  { operatingSystem, name }: Pick<EngineInfo, 'operatingSystem' | 'name'>,
  socketPath: string,
): string | undefined {
  const system = /^(?:Docker Desktop|OrbStack|Rancher Desktop)/.exec(operatingSystem)?.[0];
  if (system !== undefined) return `${system}: GET /info: OperatingSystem "${operatingSystem}"`;
  const place = bySocket.find(([pattern]) => pattern.test(socketPath))?.[1];
  if (place !== undefined) return `${place}: its socket is ${socketPath}`;
  const host = byHostName.find(([pattern]) => pattern.test(name))?.[1];
  return host === undefined ? undefined : `${host}: GET /info: Name "${name}"`;
}
