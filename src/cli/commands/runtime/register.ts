import type { RuntimeRegistration } from '../../../catalog/index.ts';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { bytes, choice, liftable, optionalChoice, text, texts, toggle, whole } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { UsageError } from '../../usage-error.ts';
import { socketFlag } from '../engine-flag.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';

export const register = command({
  name: 'register',
  summary: 'register a named set of container settings, or change it; what runs continues as it was started',
  details: [
    'What is left out is the default, which is to deny: no network, no capability, a read-only root file system, gVisor.',
  ],
  examples: [
    'plugin runtime register -oci_runtime=runsc -memory_bytes=256M gvisor',
    'plugin runtime register -type=container -oci_runtime=runc -cpu_nanos=500000000 -memory_lock locking',
  ],
  positionals: [{ name: 'NAME' }],
  flags: {
    type: choice(['container'], 'kind of runtime'),
    oci_runtime: text('NAME', 'OCI runtime: runsc, runc, crun (default: runsc)'),
    cgroup_parent: text('PATH', 'cgroup that containers go into'),
    cpu_nanos: whole('N', 'limit of CPU, in billionths of a core'),
    memory_bytes: liftable(
      bytes('N', 'limit of memory, also as 256M, or unlimited; default 1G where it is enforced'),
    ),
    rootless: toggle('the engine must be a rootless one'),
    memory_lock: toggle('plugins may lock their memory'),
    user: text('UID:GID', "overrides the image's user"),
    network: text('MODE', 'network of containers (default: none)'),
    writable: toggle('a root file system that can be written to'),
    pids_limit: liftable(whole('N', 'limit of processes, or unlimited; default 512 where it is enforced')),
    require_non_root: toggle('refuses plugins that are root in their container, or could become it'),
    seccomp: optionalChoice(
      ['unconfined'],
      "in place of the engine's profile, without which a plugin is refused",
    ),
    tmpfs: texts('PATH[:SIZE]', 'writable place in memory; of 64M by default, also unlimited'),
    ulimit: texts('NAME=SOFT[:HARD]', 'limit of processes in the container; -1 is unlimited'),
    engine_socket: socketFlag("engine in place of the host's"),
    directory: directoryFlag,
  },
  async run({ args: [name], flags }, context) {
    const registration: RuntimeRegistration = {
      type: flags.type,
      name,
      ociRuntime: flags.oci_runtime,
      cgroupParent: flags.cgroup_parent,
      cpuNanos: flags.cpu_nanos,
      memoryBytes: flags.memory_bytes,
      ...(flags.rootless && { rootless: true }),
      ...(flags.memory_lock && { memoryLock: true }),
      user: flags.user,
      network: flags.network,
      ...(flags.require_non_root && { requireNonRoot: true }),
      seccomp: flags.seccomp,
      ...(flags.writable && { readOnlyRootFilesystem: false }),
      pidsLimit: flags.pids_limit,
      ...(flags.tmpfs.length > 0 && { tmpfs: flags.tmpfs.map(tmpfsOf) }),
      ...(flags.ulimit.length > 0 && { ulimits: flags.ulimit.map(ulimitOf) }),
      engineSocket: flags.engine_socket,
    };
    const { runtimes } = await openCatalogs(directoryOf(flags.directory, context));
    await runtimes.register(registration, { signal: context.signal });
    context.terminal.out(`Success! Registered plugin runtime: ${plainText(name)}`);
    return exitCodes.ok;
  },
});

function tmpfsOf(given: string): { path: string; sizeBytes?: number | 'unlimited' } {
  const [, path = '', size] = /^(.*?)(?::([^:/]+))?$/.exec(given) ?? [];
  const sizeBytes = size === undefined ? undefined : liftable(bytes('', '')).convert([size], '-tmpfs');
  return { path, ...(sizeBytes !== undefined && { sizeBytes }) };
}

function ulimitOf(given: string): { name: string; soft: number; hard: number } {
  const [, name, soft, hard = soft] = /^(\w+)=(-1|\d+)(?::(-1|\d+))?$/.exec(given) ?? [];
  if (name === undefined)
    throw new UsageError(`-ulimit takes NAME=SOFT or NAME=SOFT:HARD, not ${JSON.stringify(given)}`);
  return { name, soft: Number(soft), hard: Number(hard) };
}
