/** `bulkhead`: go-plugin plugins in containers. */
export {
  blameMeanings,
  BulkheadError,
  errorCodes,
  InvalidOptionError,
  type Blame,
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
  type LaunchOptions,
  type PluginContainerOptions,
  type TmpfsOptions,
} from './container/index.ts';
export * from './host/index.ts';
export type { PluginKind, PluginSelfDescription, SharingRule } from './kinds/index.ts';
export { vaultKinds } from './kinds/vault/kinds.ts';
export {
  liveMatrix,
  liveProbeMatrix,
  type LiveMatrixOptions,
  type LiveProbeMatrixOptions,
  type MatrixLaunch,
} from './matrix/index.ts';
export * from './catalog/index.ts';
export {
  loadImage,
  packBinaryPlugin,
  packNodePlugin,
  writeImageArchive,
  type PackBinaryPluginOptions,
  type PackedImage,
  type PackNodePluginOptions,
} from './packing/index.ts';
export * from './goplugin/index.ts';
