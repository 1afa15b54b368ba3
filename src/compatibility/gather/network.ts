import { access, readlink } from 'node:fs/promises';
import { z } from 'zod';
import type { AbortOption } from '../../abort.ts';
import type { Engine } from '../../engine/index.ts';
import { listNetworks } from '../../engine/internal.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import type { NetworkFacts } from '../network-facts.ts';
import { pathBelowRoot } from './below-root.ts';
import { findEngineProcess, type EngineProcess } from './engine-process.ts';

/**
 * Asks an engine for its networks, and looks at what it makes them with.
 *
 * @throws nothing of the engine: what it does not tell is unknown
 * @remarks Abort ends the question.
 */
export async function gatherNetworkFacts(engine: Engine, options: AbortOption = {}): Promise<NetworkFacts> {
  return networkFactsOf(engine, await findEngineProcess(engine), options);
}

export async function networkFactsOf(
  engine: Engine,
  process: Fact<EngineProcess>,
  { signal }: AbortOption,
): Promise<NetworkFacts> {
  const networks = listNetworks(engine, { signal }).then(
    (list) => known(list, engine.kind === 'docker' ? 'GET /networks' : 'GET /libpod/networks/json'),
    (error: unknown) => {
      signal?.throwIfAborted();
      return unknown((error as Error).message);
    },
  );
  const tools =
    engine.kind === 'docker'
      ? {
          programs: known([], 'Docker makes networks itself'),
          backend: known('docker', 'Docker makes networks itself'),
        }
      : await podmanPrograms(engine, process);
  return { networks: await networks, sharesNamespace: await sharesNamespace(process), ...tools };
}

async function sharesNamespace(process: Fact<EngineProcess>): Promise<Fact<boolean>> {
  if (!isKnown(process)) return process;
  const { pid } = process.value;
  try {
    const [theirs, ours] = await Promise.all(
      [`/proc/${pid}/ns/net`, '/proc/self/ns/net'].map((link) => readlink(link)),
    );
    return known(theirs === ours, `/proc/${pid}/ns/net`);
  } catch (error) {
    return unknown((error as Error).message);
  }
}

const podmanInfo = z.object({
  host: z.object({
    networkBackend: z.string().optional(), // since 4.0
    slirp4netns: z.object({ executable: z.string().optional() }).optional(),
    pasta: z.object({ executable: z.string().optional() }).optional(),
  }),
});

/** Where Podman looks for the plugins of CNI unless containers.conf(5) names other folders. */
const cniFolders = [
  '/usr/local/libexec/cni',
  '/usr/libexec/cni',
  '/usr/local/lib/cni',
  '/usr/lib/cni',
  '/opt/cni/bin',
];

async function podmanPrograms(
  { info }: Engine,
  process: Fact<EngineProcess>,
): Promise<Pick<NetworkFacts, 'programs' | 'backend'>> {
  const told = podmanInfo.safeParse(info.raw).data?.host;
  if (told?.networkBackend === undefined) {
    const reason = unknown('the engine does not tell with what it makes networks');
    return { programs: reason, backend: reason };
  }
  const { networkBackend, slirp4netns, pasta } = told;
  const backend = known(networkBackend, 'GET /libpod/info: host.networkBackend');
  const users = [
    ...(slirp4netns?.executable ? ['slirp4netns'] : []),
    ...(pasta?.executable ? ['pasta'] : []),
  ];
  const found = await backendThere(networkBackend, process);
  if (!isKnown(found)) return { backend, programs: found };
  const programs = found.value ? [networkBackend, ...users] : users;
  return { backend, programs: known(programs, `GET /libpod/info, ${found.evidence}`) };
}

async function backendThere(backend: string, process: Fact<EngineProcess>): Promise<Fact<boolean>> {
  if (backend === 'netavark') return known(true, 'Podman does not start without it');
  if (backend !== 'cni') return unknown(`nothing is known of the backend ${backend}`);
  if (!isKnown(process)) return process;
  const root = `${process.value.folder}/root`;
  for (const folder of cniFolders) {
    try {
      await access(await pathBelowRoot(root, `${folder}/bridge`));
      return known(true, `${root}${folder}/bridge`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') return unknown(message);
    }
  }
  // containers.conf may name another folder.
  return unknown(`the plugin bridge of CNI is in none of the usual folders of ${root}`);
}
