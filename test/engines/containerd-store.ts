/** The engines whose images are in the store of containerd, as on every new Docker since 29. */
import { loadEngines, type TestEngine } from './engines.ts';

/** Names of containerd's snapshotters. Docker's own store calls its drivers otherwise. */
const snapshotters = ['overlayfs', 'native'];

export function hasContainerdStore({
  kind,
  storageDriver,
}: Pick<TestEngine, 'kind' | 'storageDriver'>): boolean {
  return kind === 'docker' && snapshotters.includes(storageDriver);
}

export function enginesWithContainerdStore(): TestEngine[] {
  return loadEngines().filter(hasContainerdStore);
}

export const noContainerdStore =
  'no Docker that keeps images in the store of containerd is up: run scripts/test-newest-docker';
