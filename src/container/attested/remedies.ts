/** What a user can do about a setting that an engine made otherwise than it was asked for. */
import type { Engine } from '../../engine/index.ts';

/** Where a setting comes from that the request did not ask for, and how a request asks for it. */
interface Origin {
  /** Keys of Docker's daemon.json that set it for every container. */
  readonly docker?: readonly string[];
  /** Keys of Podman's containers.conf that set it for every container. */
  readonly podman?: readonly string[];
  /** What else helps, as the end of a sentence. */
  readonly advice?: string;
}

const nameNetwork = 'name the network as the engine lists it, with `network`';
const enforced =
  "ask for no limit that bulkhead doctor does not list as enforced here, or let the engine's user have the controller (cgroup version 2, delegated)";
const seccomp: Origin = {
  docker: ['seccomp-profile'],
  podman: ['seccomp_profile'],
  advice: "launch with `seccomp: 'unconfined'` if no profile is meant",
};

/** By the name of the row in the table of compared settings. Where nothing is listed, no configuration does it. */
export const origins: Readonly<Record<string, Origin>> = {
  runtime: {
    docker: ['runtimes'],
    advice: 'ask with `runtime` for one that the engine runs: bulkhead doctor lists them',
  },
  privileged: { podman: ['privileged'] },
  user: { advice: 'give the user as numbers, with `user`' },
  network: { podman: ['netns'], advice: nameNetwork },
  'no network': { podman: ['netns'] },
  networks: { advice: nameNetwork },
  'published ports': {},
  'added hosts': {},
  'name servers': { podman: ['dns_servers'] },
  'read-only root file system': {
    podman: ['read_only'],
    advice: 'launch without `readOnlyRootFilesystem: false` if the plugin does not have to write',
  },
  'no new privileges': { docker: ['no-new-privileges'], advice: 'leave out `noNewPrivileges`' },
  'added groups': {},
  'dropped capabilities': { podman: ['default_capabilities'] },
  capabilities: { podman: ['default_capabilities'] },
  'effective capabilities': { podman: ['default_capabilities'] },
  'security options': seccomp,
  seccomp,
  AppArmor: {
    podman: ['apparmor_profile'],
    advice: "load the engine's default profile (apparmor_parser), and let it enforce (aa-enforce)",
  },
  'SELinux label': { docker: ['selinux-enabled'], podman: ['label'] },
  'masked paths': {},
  'read-only paths': {},
  'IPC namespace': { docker: ['default-ipc-mode'], podman: ['ipcns'] },
  'cgroup namespace': { docker: ['default-cgroupns-mode'], podman: ['cgroupns'] },
  'process namespace': { podman: ['pidns'] },
  'UTS namespace': { podman: ['utsns'] },
  'user namespace': { podman: ['userns'] },
  "Podman's own extras": { podman: ['cgroups'] },
  'shared with other containers': {},
  mount: {
    podman: ['volumes', 'mounts'],
    advice: 'give a volume of the image a file system in memory, with `tmpfs`',
  },
  memory: { advice: enforced },
  'memory and swap': { advice: enforced },
  CPU: { advice: enforced },
  pids: { podman: ['pids_limit'], advice: enforced },
  'shared memory': { docker: ['default-shm-size'], podman: ['shm_size'] },
  ulimit: {
    docker: ['default-ulimits'],
    podman: ['default_ulimits'],
    advice: 'ask for a limit that the engine itself may give, with `ulimits`',
  },
  'out-of-memory score': { podman: ['oom_score_adj'] },
  'killed when out of memory': {},
  'cgroup parent': { advice: 'name the parent as the engine does, or leave out `cgroupParent`' },
  'log driver': { podman: ['log_driver'] },
  'restart policy': {},
  'automatic removal': {},
  annotation: { podman: ['annotations'], advice: 'build the image without annotations' },
  devices: { podman: ['devices'] },
  'device requests': {},
  'device rules': {},
  'kernel parameters': { podman: ['default_sysctls'] },
  'storage options': {},
  name: {},
  image: {},
  entrypoint: {},
  arguments: {},
  environment: { podman: ['env', 'env_host', 'http_proxy'] },
  labels: {},
  'working directory': {},
  hostname: {},
  terminal: {},
  stdin: {},
  'stop signal': {},
  'stop timeout': { podman: ['stop_timeout'] },
  'health check': {},
  init: { docker: ['init'], podman: ['init'] },
};

/**
 * Says what to do, for each setting by what can have changed it. Settings that have the same remedy share a sentence.
 *
 * @param settings names of rows, each with or without the part that differs
 */
export function remediesFor({ kind }: Pick<Engine, 'kind'>, settings: readonly string[]): string {
  const names = new Set(settings.map(rowOf));
  const byRemedy = new Map<string, string[]>();
  for (const name of names) {
    const remedy = remedyFor(kind, origins[name] ?? {});
    byRemedy.set(remedy, [...(byRemedy.get(remedy) ?? []), name]);
  }
  return [...byRemedy].map(([remedy, of]) => `For ${of.join(', ')}: ${remedy}.`).join(' ');
}

/** The name of a row without the part that differs, such as the target of a mount. */
function rowOf(setting: string): string {
  const rows = Object.keys(origins).filter((name) => setting === name || setting.startsWith(`${name} `));
  return rows.sort((a, b) => b.length - a.length)[0] ?? setting;
}

const onTheWay =
  "nothing in the engine's configuration does this, so look for what changes requests on their way: a proxy for its socket, an authorization plugin, a hook";

function remedyFor(kind: Engine['kind'], origin: Origin): string {
  const keys = origin[kind] ?? [];
  const file = kind === 'docker' ? 'daemon.json' : 'containers.conf';
  const ways = [
    ...(keys.length === 0
      ? []
      : [`look at ${keys.join(', ')} in ${file}, and start the engine again when it is changed`]),
    ...(origin.advice === undefined ? [] : [origin.advice]),
  ];
  return ways.length === 0 ? onTheWay : ways.join('; or ');
}
