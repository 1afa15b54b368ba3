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
export { executeLaunch, launchPlugin, type LaunchOptions } from './launch.ts';
export { checkLaunchOptions, checkLaunchWithin, containerChecks } from './launch-checks.ts';
export { launchCheck, type LaunchCheck } from './launch-check.ts';
export {
  defaultRuntime,
  planLaunch,
  refuseLaunch,
  type LaunchPlan,
  type LaunchSite,
  type PlannedOptions,
} from './launch-plan.ts';
export { passingGidOf, rememberedEngineFacts } from './remembered-facts.ts';
export {
  labelsFor,
  type Labels,
  type PluginContainerOptions,
  type TmpfsOptions,
  type UlimitOptions,
} from './options.ts';
export { probeRepository } from './probe-images.ts';
export { disposalsEnded, onLateDisposal } from './disposals.ts';
export { expectsAt, removeWhenMade } from './late-removal.ts';
export { removeContainer } from './remove.ts';
export { resumePaused } from './resume-paused.ts';
export { firstImageFacts } from './first-image.ts';
