/** `bulkhead`: go-plugin plugins in containers. */
export { BulkheadError, errorCodes, InvalidOptionError, type ErrorCode } from './errors.ts';
export {
  AttestationError,
  CleanupError,
  ImageNotPresentError,
  LaunchRefusedError,
  launchPlugin,
  type Difference,
  type LaunchOptions,
  type PluginContainerOptions,
  type TmpfsOptions,
} from './container/index.ts';
export { hostLabels, PluginHost, type PluginHostOptions } from './host/index.ts';
export {
  loadImage,
  packBinaryPlugin,
  packNodePlugin,
  writeImageArchive,
  type PackBinaryPluginOptions,
  type PackedImage,
  type PackNodePluginOptions,
} from './container/image/index.ts';
export * from './goplugin/index.ts';
