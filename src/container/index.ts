/** One plugin container: image, create request, socket directory, attestation, launch, stop. */
export { attest, AttestationError, type Difference } from './attestation.ts';
export { containerSocketDirectory } from './create-request.ts';
export { CleanupError, ImageNotPresentError, LaunchRefusedError } from './errors.ts';
export { defaultRuntime, launchPlugin, type LaunchOptions } from './launch.ts';
export type { PluginContainerOptions, TmpfsOptions } from './options.ts';
