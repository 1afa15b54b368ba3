import { resolveUser } from './container-user.ts';
import type { RuntimeFacts } from './engine-facts.ts';
import { known, unknown, valueOf, type Fact } from './fact.ts';
import type { AbsentImage, ImageFacts, ProgramFacts } from './image-facts.ts';
import type { LaunchRequirements } from './launch-verdict.ts';
import { pluginProgram } from './plugin-program.ts';
import type { LaunchCase, LaunchFacts } from './rule.ts';
import { flagValue, ownServiceArguments, runtimeKind, runtimeName } from './runtime-kind.ts';

/** Puts together what the facts say about one launch. */
export function launchCase(facts: LaunchFacts, wishes: LaunchRequirements): LaunchCase {
  const given = runtimeOf(facts, wishes.runtime);
  const own = given === undefined && canStartOwnPodman(facts, wishes.runtime);
  return {
    ...facts,
    wishes,
    runtime: own ? ownRuntime(facts, wishes.runtime) : given,
    service: own ? 'own-podman' : 'given',
    user: userOf(facts.image, wishes),
    program: programOf(facts.image, wishes),
  };
}

export function isAbsent(image: ImageFacts | AbsentImage): image is AbsentImage {
  return 'absent' in image;
}

/** Whether the plugin is root in its container; `undefined` where its user is not known. */
export function isRoot({ user }: LaunchCase): boolean | undefined {
  const uid = valueOf(user)?.uid;
  return uid === undefined ? undefined : uid === 0;
}

/** Whether root in the container is root on the host; only then do its capabilities count there. */
export function inFirstUserNamespace({ engine }: LaunchCase): boolean {
  return !engine.rootless && valueOf(engine.remapped) !== true;
}

/** Whether the runtime was told to leave cgroups alone, and with them every limit. */
export function ignoresCgroups({ runtime }: LaunchCase): boolean {
  if (runtime?.kind !== 'runsc') return false;
  return (flagValue(valueOf(runtime.args) ?? [], 'ignore-cgroups') ?? 'false') !== 'false';
}

/**
 * Returns the capabilities that executing the program gives, if any, with those of the plugin that it starts. The kernel
 * refuses to execute either without them.
 */
export function fileCapabilitiesOf(launch: LaunchCase): readonly string[] {
  const plugin = pluginProgram(launch);
  const programs = [valueOf(launch.program), plugin.is === 'started' ? plugin.program : undefined];
  return [...new Set(programs.flatMap(capabilitiesGivenBy))];
}

/** Returns the capabilities that executing the plugin itself gives; `undefined` where the plugin's program is not seen. */
export function pluginCapabilitiesOf(launch: LaunchCase): readonly string[] | undefined {
  const plugin = pluginProgram(launch);
  return plugin.is === 'unseen' ? undefined : capabilitiesGivenBy(plugin.program);
}

function capabilitiesGivenBy(program: Pick<ProgramFacts, 'fileCapabilities'> | undefined): readonly string[] {
  const { effective, permitted } = program?.fileCapabilities ?? {};
  return effective === true ? (permitted ?? []) : [];
}

function runtimeOf({ engine }: LaunchFacts, name: string): RuntimeFacts | undefined {
  const found = Object.entries(engine.runtimes).find(
    ([listed]) => listed === name || (engine.kind === 'podman' && runtimeName(listed) === runtimeName(name)),
  );
  return found?.[1];
}

/**
 * Whether this process may start a Podman service of its own. The service must run as the engine's user, because it
 * works on the same storage.
 */
function canStartOwnPodman({ host, engine }: LaunchFacts, runtime: string): boolean {
  if (engine.kind !== 'podman' || valueOf(host.podmanRuntimes)?.includes(runtimeName(runtime)) !== true) {
    return false;
  }
  const owner = engine.rootless ? valueOf(engine.owner)?.uid : 0;
  return owner !== undefined && valueOf(host.uid) === owner;
}

function ownRuntime({ engine }: LaunchFacts, name: string): RuntimeFacts {
  const evidence = 'a Podman service of our own';
  return {
    kind: runtimeKind(name),
    path: unknown('found when the service is started'),
    installed: known(true, 'the runtimes of this host'),
    args: known(ownServiceArguments(runtimeKind(name), engine.rootless), evidence),
    version: unknown('the service has not been started yet'),
  };
}

function userOf(image: ImageFacts | AbsentImage, { user }: LaunchRequirements): LaunchCase['user'] {
  if (user !== undefined) return resolveUser(user, isAbsent(image) ? unknown('no image') : image.accounts);
  if (isAbsent(image)) return unknown('the engine has no such image');
  return resolveUser(image.user, image.accounts);
}

function programOf(image: ImageFacts | AbsentImage, { entrypoint }: LaunchRequirements): Fact<ProgramFacts> {
  if (entrypoint !== undefined) return unknown('the entrypoint is replaced');
  return isAbsent(image) ? unknown('the engine has no such image') : image.program;
}
