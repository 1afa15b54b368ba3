import { compareVersions } from '../engine/internal.ts';
import { parseContext } from '../linux/selinux-context.ts';
import { isKnown, valueOf } from './fact.ts';
import type { SelinuxPlan } from './launch-verdict.ts';
import { pluginProgram } from './plugin-program.ts';
import type { LaunchCase } from './rule.ts';
import type { PolicyNeed } from './selinux-facts.ts';

/** The first go-plugin whose brokered connections can travel in the main one. */
const firstMultiplexing = '1.6.0';

/** Whether the engine gives its containers SELinux labels. */
export function labelsContainers({ engine }: Pick<LaunchCase, 'engine'>): boolean {
  return valueOf(engine.security)?.includes('selinux') === true;
}

/** Whether SELinux confines the plugin. runsc takes no label, so its containers have none. */
export function isLabelled(launch: LaunchCase): boolean {
  return labelsContainers(launch) && launch.runtime?.kind !== 'runsc';
}

export function selinuxMode({
  host,
}: Pick<LaunchCase, 'host'>): 'off' | 'permissive' | 'enforcing' | undefined {
  return host.selinux === undefined ? undefined : valueOf(host.selinux.mode);
}

/** What the policy denies of a need, as the audit log names it; `undefined` where it can't be asked. */
export function denialsOf(need: PolicyNeed, { host }: LaunchCase): readonly string[] | undefined {
  const denied = host.selinux === undefined ? undefined : valueOf(host.selinux.denied);
  return denied?.filter((each) => each.need === need).map(({ denial }) => denial);
}

/** How the launch deals with SELinux; `undefined` where the engine gives no labels. */
export function selinuxPlan(launch: LaunchCase): SelinuxPlan | undefined {
  if (!labelsContainers(launch)) return undefined;
  if (!isLabelled(launch)) return { label: 'disabled', relabel: false, labelSockets: false };
  return {
    label: 'own',
    relabel: selinuxMode(launch) !== 'off' && !hasContainerLabel(launch) && canRelabel(launch),
    labelSockets: canLabelSockets(launch),
  };
}

/** Whether the folder for sockets has the type of containers' files, which everything that is made in it takes over. */
export function hasContainerLabel({ host: { selinux, socketFolder } }: LaunchCase): boolean {
  const wanted = selinux === undefined ? undefined : valueOf(selinux.containers)?.file;
  const found = socketFolder.context === undefined ? undefined : valueOf(socketFolder.context);
  const type = parseContext(found ?? '')?.type;
  return type !== undefined && type === parseContext(wanted ?? '')?.type;
}

/** Whether the engine can give the plugin's folder the label of its container. */
export function canRelabel({ host: { socketFolder }, engine }: LaunchCase): boolean {
  if (socketFolder.canRelabel !== undefined && valueOf(socketFolder.canRelabel) === false) return false;
  // Docker relabels only what is bound by a text in which a colon ends the path.
  return engine.kind !== 'docker' || !socketFolder.path.includes(':');
}

/** Why the capability IPC_LOCK has no effect in the container, as the audit log names it; `undefined` where it has one. */
export function lockDenial(launch: LaunchCase): string | undefined {
  const isEnforced = isLabelled(launch) && selinuxMode(launch) === 'enforcing';
  return isEnforced ? denialsOf('lock', launch)?.[0] : undefined;
}

function canLabelSockets(launch: LaunchCase): boolean {
  const mode = selinuxMode(launch);
  const denials = denialsOf('broker', launch);
  if (denials === undefined || mode === undefined || mode === 'off') return false;
  return mode === 'permissive' || denials.length === 0;
}

/** Whether the broker works only where brokered connections travel in the main one. */
export function needsMultiplexing(launch: LaunchCase): boolean {
  return (
    isLabelled(launch) &&
    selinuxMode(launch) === 'enforcing' &&
    (denialsOf('broker', launch) ?? []).length > 0
  );
}

/** Whether the plugin is known to be able to multiplex, so that it may be asked to without being told by the caller. */
export function canMultiplex(launch: LaunchCase): boolean {
  const plugin = pluginProgram(launch);
  const version = plugin.is === 'unseen' ? undefined : plugin.program.go?.goPlugin;
  return version !== undefined && compareVersions(version.replace(/^v/, ''), firstMultiplexing) >= 0;
}

/**
 * Whether the engine runs in the context of a Podman that this process starts, so that its containers write to pipes of
 * that context.
 */
export function sharesOwnContext({ host, engine, service }: LaunchCase): boolean | undefined {
  if (service === 'own-podman') return true;
  const { startedPodman, context } = host.selinux ?? {};
  const started = startedPodman ?? context;
  const own = started === undefined ? undefined : valueOf(started);
  if (engine.context === undefined || !isKnown(engine.context) || own === undefined) return undefined;
  return parseContext(engine.context.value)?.type === parseContext(own)?.type;
}
