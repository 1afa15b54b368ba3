import type { EngineFacts, HostFacts, ImageFacts } from './facts.ts';
import type { LaunchStrategy, LaunchVerdict, LaunchWishes, Refusal, SocketDirectoryPlan } from './verdict.ts';

/** A plugin with a Go or Node runtime uses a few dozen threads; a fork bomb is stopped here. */
const defaultPidsLimit = 512;

/**
 * Says whether a plugin can be launched here, before anything is made: `works` with the strategy that makes it
 * work, or `refused` with every reason and its remedy. Pure: the same facts always give the same verdict.
 */
export function judgeLaunch(
  host: HostFacts,
  engine: EngineFacts,
  image: ImageFacts,
  wishes: LaunchWishes,
): LaunchVerdict {
  const refusals = [
    ...refuseRuntime(engine, wishes),
    ...refuseImage(host, image),
    ...refuseLimits(engine, wishes),
    ...refuseForeignEngine(host, engine),
    ...refuseMissingAcl(host, engine, image, wishes),
  ];
  if (refusals.length > 0) return { status: 'refused', refusals };
  return { status: 'works', strategy: chooseStrategy(host, engine, image, wishes) };
}

function chooseStrategy(
  host: HostFacts,
  engine: EngineFacts,
  image: ImageFacts,
  wishes: LaunchWishes,
): LaunchStrategy {
  const pidsLimit =
    wishes.pidsLimit ?? (pidsLimitWorks(engine, wishes.runtime) ? defaultPidsLimit : undefined);
  const defaultAclUid = needsAcl(host, engine, image, wishes) ? host.uid : undefined;
  if (engine.rootless) {
    // Container group 0 is the engine user's own group on the host: the only id that both sides have in common.
    const owner = host.uid === engine.owner.uid ? undefined : engine.owner;
    const directory: SocketDirectoryPlan = { mode: 0o770, owner, defaultAclUid };
    return { recipe: 'rootless-group', runtime: wishes.runtime, directory, socketGid: 0, pidsLimit };
  }
  if (host.uid === 0) {
    const directory: SocketDirectoryPlan = { mode: 0o770, gid: host.unusedGid };
    return {
      recipe: 'unused-group',
      runtime: wishes.runtime,
      directory,
      socketGid: host.unusedGid,
      pidsLimit,
    };
  }
  const directory: SocketDirectoryPlan = { mode: 0o770, defaultAclUid };
  return { recipe: 'host-group', runtime: wishes.runtime, directory, socketGid: host.gid, pidsLimit };
}

/**
 * runsc up to 2022 pretends to change the group of a bound socket, so a host process that is not root can connect
 * only through a default ACL that names it. Container root in a rootless engine owns its socket as the host user.
 */
function needsAcl(host: HostFacts, engine: EngineFacts, image: ImageFacts, wishes: LaunchWishes): boolean {
  if (host.uid === 0 || wishes.runtime !== 'runsc') return false;
  return !(engine.rootless && isRoot(wishes.user ?? image.user));
}

/** Under runsc the limit counts the sandbox's own host threads: the sandbox dies instead of the fork. */
function pidsLimitWorks(engine: EngineFacts, runtime: string): boolean {
  return engine.enforces.pids && runtime !== 'runsc';
}

function isRoot(user: string): boolean {
  const [name = ''] = user.split(':');
  return name === '' || name === '0' || name === 'root';
}

function refuseRuntime(engine: EngineFacts, wishes: LaunchWishes): Refusal[] {
  if (engine.runtimes.includes(wishes.runtime)) return [];
  return [
    {
      rule: 'runtime-present',
      reason: `the engine has no runtime named ${wishes.runtime}; it has ${engine.runtimes.join(', ') || 'none'}`,
      remedy:
        engine.kind === 'docker'
          ? `Add ${wishes.runtime} to "runtimes" in the engine's daemon.json and reload it, or choose another runtime.`
          : `Install ${wishes.runtime} on the engine's host, or choose another runtime.`,
    },
  ];
}

function refuseImage(host: HostFacts, image: ImageFacts): Refusal[] {
  const refusals: Refusal[] = [];
  if (image.os !== '' && image.os !== 'linux') {
    refusals.push({
      rule: 'linux-only',
      reason: `the image is for ${image.os}`,
      remedy: 'Build the plugin image for Linux.',
    });
  }
  if (image.architecture !== '' && image.architecture !== host.architecture) {
    refusals.push({
      rule: 'image-architecture',
      reason: `the image is for ${image.architecture}, this host is ${host.architecture}`,
      remedy: `Build the plugin image for ${host.architecture}.`,
    });
  }
  return refusals;
}

function refuseLimits(engine: EngineFacts, wishes: LaunchWishes): Refusal[] {
  const asked = [
    { name: 'memoryBytes', value: wishes.memoryBytes, enforced: engine.enforces.memory },
    { name: 'cpuNanos', value: wishes.cpuNanos, enforced: engine.enforces.cpu },
    { name: 'pidsLimit', value: wishes.pidsLimit, enforced: pidsLimitWorks(engine, wishes.runtime) },
  ];
  return asked
    .filter(({ value, enforced }) => value !== undefined && !enforced)
    .map(({ name }) => ({
      rule: 'limits-enforced',
      reason:
        name === 'pidsLimit' && wishes.runtime === 'runsc'
          ? 'pidsLimit under runsc counts the sandbox itself and kills it'
          : `this engine would accept ${name} and not enforce it`,
      remedy: `Leave ${name} out, or use a rootful engine or one with cgroup v2 and delegated controllers.`,
    }));
}

function refuseForeignEngine(host: HostFacts, engine: EngineFacts): Refusal[] {
  if (!engine.rootless || host.uid === 0 || host.uid === engine.owner.uid) return [];
  return [
    {
      rule: 'rootless-owner',
      reason: `the rootless engine runs as uid ${engine.owner.uid}, this process as uid ${host.uid}`,
      remedy: 'Use the rootless engine of this user, or a rootful engine.',
    },
  ];
}

function refuseMissingAcl(
  host: HostFacts,
  engine: EngineFacts,
  image: ImageFacts,
  wishes: LaunchWishes,
): Refusal[] {
  if (host.setfacl || !needsAcl(host, engine, image, wishes)) return [];
  return [
    {
      rule: 'socket-acl',
      reason:
        'runsc with a non-root plugin needs a default ACL on the socket directory, and setfacl is missing',
      remedy: 'Install the package that brings setfacl (Debian and Ubuntu: apt-get install acl).',
    },
  ];
}
