import { access, constants, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Engine, EngineInfo, InspectedImage } from '../engine/index.ts';
import { primaryGroupId, unusedGroupId, type EngineFacts, type HostFacts, type ImageFacts } from './facts.ts';

/** The only file of this room that looks outside: at this process, the engine and an image. */

const nodeToDockerArchitecture: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export async function gatherHostFacts(): Promise<HostFacts> {
  const [group, passwd, setfacl] = await Promise.all([
    readFile('/etc/group', 'utf8').catch(() => ''),
    readFile('/etc/passwd', 'utf8').catch(() => ''),
    isOnPath('setfacl'),
  ]);
  return {
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    architecture: nodeToDockerArchitecture[process.arch] ?? process.arch,
    unusedGid: unusedGroupId(group, passwd),
    setfacl,
  };
}

/** @throws the errors of `engine.system.info` */
export async function gatherEngineFacts(
  engine: Engine,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<EngineFacts> {
  const [info, owner] = await Promise.all([engine.system.info({ signal }), socketOwner(engine.socketPath)]);
  return {
    kind: engine.kind,
    version: engine.version,
    rootless: engine.rootless,
    owner: mappedOwner(info) ?? owner,
    // Podman lists every runtime it has a name for, but its service runs only one.
    runtimes: engine.kind === 'podman' ? [baseName(info.defaultRuntime)] : Object.keys(info.runtimes),
    enforces: { memory: info.memoryLimit, cpu: info.cpuCfsQuota, pids: info.pidsLimit },
  };
}

export function imageFacts(image: InspectedImage): ImageFacts {
  return { user: image.config.user, architecture: image.architecture, os: image.os };
}

/** Who container id 0 is on the host, as a rootless Podman says it itself. */
function mappedOwner(info: EngineInfo): EngineFacts['owner'] | undefined {
  const uid = info.idMappings?.uids.find(({ containerId }) => containerId === 0)?.hostId;
  const gid = info.idMappings?.gids.find(({ containerId }) => containerId === 0)?.hostId;
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/**
 * A rootless Docker tells nobody who it is, but its socket belongs to its user. The socket's group is no help: it may be
 * the group `docker` of the engine's user namespace.
 */
async function socketOwner(socketPath: string): Promise<EngineFacts['owner']> {
  const { uid, gid } = await stat(socketPath);
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return { uid, gid: primaryGroupId(passwd, uid) ?? gid };
}

function baseName(runtime: string): string {
  return runtime.slice(runtime.lastIndexOf('/') + 1);
}

async function isOnPath(command: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const found = await access(join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
