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
export type { PluginContainerOptions, TmpfsOptions } from './options.ts';
export { liveProbeMatrix, type LiveProbeMatrixOptions } from '../matrix/live-probe.ts';
export { liveMatrix, type LiveMatrixOptions, type MatrixLaunch } from '../matrix/live.ts';
