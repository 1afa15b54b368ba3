/** Exports for other rooms that are not part of the public API. This file is no entry point, and may change at any time. */
export { isRoot, launchCase } from './case.ts';
export { engineFactsWith } from './gather/engine.ts';
export { gatherPrograms, hostFactsWith, type HostPrograms } from './gather/host.ts';
export { inspectionOf } from './gather/image.ts';
export { gatherNetworkFacts } from './gather/network.ts';
export { rowOf } from './matrix/dry.ts';
export { cleanPath } from './clean-path.ts';
export { containerSocketDirectory } from './container-socket-directory.ts';
export { innerDigests } from './image/image-digests.ts';
export { isPlainAnnotation } from './image-annotations.ts';
export { settingsFixes, type SettingsFix } from './fixes/fix-engine.ts';
