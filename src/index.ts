/** `bulkhead`: go-plugin plugins in containers. */
import './node-version.ts';
export type { AbortOption } from './abort.ts';
export {
  blameMeanings,
  BulkheadError,
  errorCodes,
  InvalidOptionError,
  type Blame,
  type BulkheadErrorOptions,
  type ErrorCode,
  type ErrorCodeEntry,
} from './errors.ts';
export {
  AttestationError,
  CleanupError,
  ContainerStartError,
  FolderCleanupError,
  ImageNotPresentError,
  LaunchRefusedError,
  LaunchUnknownError,
  launchPlugin,
  type Difference,
  type Labels,
  type LaunchCheck,
  type LaunchOptions,
  type PluginContainerOptions,
  type TmpfsOptions,
  type UlimitOptions,
} from './container/index.ts';
export * from './host/index.ts';
export type { PluginKind, PluginSelfDescription, SharingRule } from './kinds/index.ts';
export { vaultKinds } from './kinds/vault/kinds.ts';
export { wellKnownKinds, type WellKnownKind } from './kinds/well-known.ts';
export {
  liveMatrix,
  liveProbeMatrix,
  type ExerciseContext,
  type LiveMatrixOptions,
  type LiveProbeMatrixOptions,
  type MatrixLaunch,
} from './matrix/index.ts';
export type { ContainerSettings } from './settings/container-settings.ts';
export * from './catalog/index.ts';
export {
  loadImage,
  packBinaryPlugin,
  packNodePlugin,
  writeImageArchive,
  type ImageConfig,
  type ImageDirectory,
  type ImageFile,
  type ImageRegularFile,
  type ImageSymlink,
  type LoadedImage,
  type LoadImageOptions,
  type PackBinaryPluginOptions,
  type PackedImage,
  type PackNodePluginOptions,
  type WriteImageArchiveOptions,
} from './packing/index.ts';
export * from './goplugin/index.ts';
