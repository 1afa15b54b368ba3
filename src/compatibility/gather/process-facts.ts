import { readFile, stat } from 'node:fs/promises';
import type { EngineFacts, IdRange, MemoryLockLimit } from '../engine-facts.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { pathBelowRoot } from './below-root.ts';
import { absentFor, type EngineProcess } from './engine-process.ts';
import { readMounts } from './mounts.ts';
import { hasCapability } from '../../linux/capabilities.ts';
import { readProcFile } from '../../linux/process-status.ts';

/** Reads RLIMIT_MEMLOCK of the engine, and whether the engine may give more than it has. */
export async function memoryLockLimit(
  process: Fact<EngineProcess>,
  rootless: boolean,
): Promise<Fact<MemoryLockLimit>> {
  if (!isKnown(process)) return process;
  const { pid } = process.value;
  const [limits, status] = await Promise.all([
    readProcFile(`/proc/${pid}/limits`),
    readProcFile(`/proc/${pid}/status`),
  ]);
  const [, soft, hard] = /^Max locked memory\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  const effective = /^CapEff:\s+([0-9a-f]+)/m.exec(status)?.[1];
  if (soft === undefined || hard === undefined || effective === undefined) {
    return unknown(`/proc/${pid}/limits can't be read`);
  }
  // In a user namespace the capability has no effect on limits.
  const mayRaise = !rootless && hasCapability(BigInt(`0x${effective}`), 'SYS_RESOURCE');
  return known(
    { soft: bytes(soft), hard: bytes(hard), mayRaise },
    `/proc/${pid}/limits, /proc/${pid}/status`,
  );
}

function bytes(text: string): number | 'unlimited' {
  return text === 'unlimited' ? 'unlimited' : Number(text);
}

/** Reads what confines the engine's process: its SELinux context, or its AppArmor profile. */
export async function processContext(process: Fact<EngineProcess>): Promise<Fact<string>> {
  if (!isKnown(process)) return process;
  const file = `/proc/${process.value.pid}/attr/current`;
  const text = (await readProcFile(file)).replace(/[\0\n]+$/, '');
  return text === '' ? unknown(`${file} can't be read`) : known(text, file);
}

/** Reads the user namespace of a rootless engine from the kernel. */
export async function processIdMaps(process: Fact<EngineProcess>): Promise<EngineFacts['idMaps']> {
  if (!isKnown(process)) return process;
  const { pid } = process.value;
  try {
    const [uids, gids] = await Promise.all([
      readFile(`/proc/${pid}/uid_map`, 'utf8'),
      readFile(`/proc/${pid}/gid_map`, 'utf8'),
    ]);
    return known({ uids: ranges(uids), gids: ranges(gids) }, `/proc/${pid}/uid_map, /proc/${pid}/gid_map`);
  } catch (error) {
    return unknown((error as Error).message);
  }
}

function ranges(text: string): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const [containerId, hostId, size] = line.trim().split(/\s+/).map(Number);
    return containerId === undefined || hostId === undefined || size === undefined
      ? []
      : [{ containerId, hostId, size }];
  });
}

export async function cgroupLayout(
  process: Fact<EngineProcess>,
  version: '1' | '2',
): Promise<EngineFacts['cgroup']['layout']> {
  if (version === '2') return known('v2', 'cgroup version of the engine');
  if (!isKnown(process)) return process;
  const { folder } = process.value;
  const mounts = await readMounts(folder);
  if (mounts.length === 0) return unknown(`${folder}/mountinfo can't be read`);
  const hybrid = mounts.some(({ type, point }) => type === 'cgroup2' && point.startsWith('/sys/fs/cgroup'));
  return known(hybrid ? 'hybrid' : 'v1', `${folder}/mountinfo`);
}

/** Whether a folder of this process is the same folder for the engine. */
export async function seesFolder(process: Fact<EngineProcess>, path: string): Promise<Fact<boolean>> {
  if (!isKnown(process)) return process;
  const seen = `${process.value.folder}/root${path}`;
  try {
    const ours = await stat(path);
    const theirs = await stat(await pathBelowRoot(`${process.value.folder}/root`, path));
    return known(ours.dev === theirs.dev && ours.ino === theirs.ino, seen);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? absentFor(process.value, false, seen) : unknown(message);
  }
}
