/**
 * Launches of a process without a host. They are marked as a host's are, so that a later sweep finds them if it is
 * killed.
 */
import { randomUUID } from 'node:crypto';
import { passingGidOf, type Labels } from '../../container/index.ts';
import type { Engine } from '../../engine/index.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { userClusterId } from '../orphans/cluster-id.ts';
import { hostLabels, ownerLabels } from '../orphans/labels.ts';
import { OwnedFolders } from '../orphans/owned-folders.ts';
import { ownerKey } from '../orphans/owner-key.ts';
import { provedLabels } from '../orphans/owner-proof.ts';
import { sweepAll, type Sweep } from '../orphans/sweep.ts';

/** Options for launches. Disposing of them removes the folder. */
export interface OwnLaunches extends AsyncDisposable {
  readonly labels: Labels;
  /** The owned folder, which names its owner; the folders of the plugins are made in it. */
  readonly ownedFolder: string;
}

/**
 * Makes a folder in `parent` (default: the system's temporary folder) that names its owner, and labels that do so for
 * containers and images.
 *
 * @throws BulkheadError `SOCKET_DIRECTORY_FAILED`
 */
export async function ownLaunches({
  parent = temporaryFolder(),
  pluginName,
  engines = [],
}: {
  readonly parent?: string | undefined;
  readonly pluginName: string;
  /** Engines that plugins are launched on: one of another user must be able to pass through the folder. */
  readonly engines?: readonly Engine[] | undefined;
}): Promise<OwnLaunches> {
  const owner = { hostId: randomUUID(), clusterId: userClusterId() };
  const folders = new OwnedFolders(owner);
  const { key } = await ownerKey();
  const gids = await Promise.all(
    engines.map((engine) => passingGidOf(engine, parent).catch(() => undefined)),
  );
  const [passingGid, ...others] = new Set(gids.filter((gid) => gid !== undefined));
  const ownedFolder = await folders.below(parent, others.length === 0 ? passingGid : 'everybody');
  const labels = {
    ...ownerLabels(owner),
    [hostLabels.pluginName]: pluginName,
    [hostLabels.folder]: ownedFolder,
    [hostLabels.created]: new Date().toISOString(),
  };
  return {
    ownedFolder,
    labels: (name) => provedLabels(labels, name, key),
    [Symbol.asyncDispose]: () => folders[Symbol.asyncDispose](),
  };
}

/**
 * Removes what earlier launches of this user left when they were killed. The result also lists what could not be
 * removed.
 */
export async function sweepOwnLaunches(
  engines: readonly Engine[],
  {
    parent = temporaryFolder(),
    signal,
  }: { readonly parent?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<Sweep> {
  const { key } = await ownerKey();
  return sweepAll(engines, [parent], { clusterId: userClusterId(), key }, { signal });
}
