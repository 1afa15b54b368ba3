/** Exports for other rooms that are not part of the public API. This file is no entry point, and may change at any time. */
export { compareVersions } from './api-version.ts';
export { attachCreated } from './containers/output/attach-created.ts';
export {
  parseDecimal,
  parsePaxRecords,
  parseTarHeader,
  tarBlockSize,
  type TarHeader,
} from './codec/tar-header.ts';
export { tmpfsOptions } from './containers/create/tmpfs-options.ts';
export { NotFoundError } from './errors.ts';
export { findEngine } from './find-engine.ts';
export { listNetworks, networkNamed, type EngineNetwork } from './networks/networks.ts';
export { longestInspection } from './images/inspect-image.ts';
export { confinesBySeccomp } from './system/info.ts';
export { podmanServiceChecks } from './podman-service/service-checks.ts';
export { startPodmanServiceAgain } from './podman-service/podman-service.ts';
