import { checkGiven } from './compatibility-checks.ts';
import { isRoot } from './case.ts';
import type { EngineFacts } from './engine-facts.ts';
import type { HostFacts } from './host-facts.ts';
import { valueOf } from './fact.ts';
import type { LaunchStrategy, SocketDirectoryPlan } from './launch-verdict.ts';
import type { LaunchCase } from './rule.ts';

export type SocketSharing = Pick<LaunchStrategy, 'recipe' | 'directory' | 'socketGid' | 'user' | 'groups'>;

/** Decides how host and plugin share a directory and the sockets in it. */
export function socketSharing(launch: LaunchCase): SocketSharing {
  const { host, engine, wishes } = launch;
  const uid = valueOf(host.uid) ?? 0;
  const gid = valueOf(host.gid) ?? 0;
  const mode = 0o770;
  if (engine.rootless) {
    // Container group 0 is the engine user's own group on the host, which is the only id that both sides have in
    // common.
    const owner = valueOf(engine.owner);
    const other = owner === undefined || owner.uid === uid ? undefined : owner;
    const directory: SocketDirectoryPlan = {
      mode,
      owner: other,
      ...(other !== undefined && { passingGid: other.gid }),
      defaultAclUid: needsAcl(launch) ? uid : undefined,
    };
    return { recipe: 'rootless-group', directory, socketGid: 0, user: wishes.user, groups: ['0'] };
  }
  const unused = valueOf(host.unusedGid) ?? gid;
  if (valueOf(engine.remapped) === true) {
    // Some runtimes look up the directory as root of the namespace, which is nobody on the host.
    const directory = { mode, gid: hostGid(engine, unused), passingGid: hostGid(engine, 0) };
    return {
      recipe: 'remapped-group',
      directory,
      socketGid: unused,
      user: wishes.user,
      groups: [String(unused)],
    };
  }
  if (uid === 0) {
    return {
      recipe: 'unused-group',
      directory: { mode, gid: unused },
      socketGid: unused,
      ...membership(launch, unused),
    };
  }
  const directory = { mode, defaultAclUid: needsAcl(launch) ? uid : undefined };
  return { recipe: 'host-group', directory, socketGid: gid, ...membership(launch, gid) };
}

/**
 * Returns the group that must be able to pass a folder of ours, see `SocketDirectoryPlan.passingGid`, before it is
 * known what is launched.
 */
export function passingGid(host: Pick<HostFacts, 'uid'>, engine: EngineFacts): number | undefined {
  checkGiven('passingGid', { hostFacts: host, engineFacts: engine });
  if (valueOf(engine.remapped) === true) return hostGid(engine, 0);
  const owner = valueOf(engine.owner);
  return engine.rootless && owner?.uid !== valueOf(host.uid) ? owner?.gid : undefined;
}

/**
 * Makes the plugin a member of the socket's group. gVisor of 2026 connects to a socket of the host with the user's
 * primary group alone, so there the socket's group becomes the primary one, and the former one stays a group of the
 * plugin. Container root in a rootful engine is root on the host, which needs neither.
 */
function membership(launch: LaunchCase, gid: number): Pick<SocketSharing, 'user' | 'groups'> {
  const user = valueOf(launch.user);
  if (launch.runtime?.kind !== 'runsc' || user === undefined || user.uid === 0) {
    return { user: launch.wishes.user, groups: [String(gid)] };
  }
  return { user: `${user.uid}:${gid}`, groups: [...new Set([gid, user.gid])].map(String) };
}

/**
 * Whether a default ACL is needed. runsc up to 2022 only pretends to change the group of a bound socket, so a host
 * process that is not root can connect only through a default ACL that names it. Container root in a rootless engine
 * owns its socket as the host user.
 */
export function needsAcl(launch: LaunchCase): boolean {
  if (valueOf(launch.host.uid) === 0 || launch.runtime?.kind !== 'runsc') return false;
  return !(launch.engine.rootless && isRoot(launch) === true);
}

/** Returns the host's id of a group in the engine's user namespace. */
function hostGid(engine: Pick<EngineFacts, 'idMaps'>, gid: number): number {
  const ranges = valueOf(engine.idMaps)?.gids ?? [];
  const range = ranges.find(({ containerId, size }) => gid >= containerId && gid < containerId + size);
  return range === undefined ? gid : range.hostId + gid - range.containerId;
}
