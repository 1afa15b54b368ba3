/** One plugin container: image, create request, socket directory, attestation, launch, stop. */
export { attest, AttestationError, type Difference } from './attestation.ts';
export { containerSocketDirectory } from './create-request.ts';
export {
  CleanupError,
  ContainerStartError,
  FolderCleanupError,
  ImageNotPresentError,
  LaunchRefusedError,
  LaunchUnknownError,
} from './errors.ts';
export { launchPlugin, type LaunchOptions } from './launch.ts';
export { checkLaunch, defaultRuntime, passingGidOf, type PlannedOptions } from './launch-plan.ts';
export {
  labelsFor,
  type Labels,
  type PluginContainerOptions,
  type TmpfsOptions,
  type UlimitOptions,
} from './options.ts';
export { probeRepository } from './probe-images.ts';
export { removeContainer } from './remove.ts';
