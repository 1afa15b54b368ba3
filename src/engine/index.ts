import '../node-version.ts';
export { BulkheadError, InvalidOptionError, type BulkheadErrorOptions } from '../errors.ts';
export type { ByteStream } from './byte-stream.ts';
export type { CallOptions, Filters } from './call-options.ts';
export { connectEngine } from './connect.ts';
export type { ConnectOptions } from './connect-options.ts';
export type { TimeLimits } from './transport/time-limits.ts';
export { findSockets } from './discovery/find-sockets.ts';
export type { SocketCandidate } from './discovery/socket-candidate.ts';
export type { Engine } from './engine.ts';
export * from './errors.ts';
export type { AnsweringEngine, InfoAnswers, InfoCache } from './info-cache.ts';
export type { Progress } from './progress.ts';
export type { RawRequest, RawResponse } from './raw-request.ts';

export type { AttachContainerOptions, ContainerAttachment } from './containers/output/attach-container.ts';
export type { ContainerStdin } from './containers/output/socket-stdin.ts';
export type { ContainerArchive, PutArchiveOptions } from './containers/container-archive.ts';
export type { ContainerChange } from './containers/container-changes.ts';
export type { ContainerStats, ContainerStatsStream } from './containers/container-stats.ts';
export type { PathStat } from './codec/path-stat.ts';
export type { Containers } from './containers/containers.ts';
export type {
  BindMount,
  CreateContainerOptions,
  CreatedContainer,
  Mount,
  RestartPolicy,
  TmpfsMount,
  Ulimit,
} from './containers/create/create-container.ts';
export type {
  ContainerState,
  InspectedContainer,
  InspectedDevice,
  InspectedMount,
  NetworkAddress,
  NetworkEndpoint,
} from './containers/inspect/inspected-container.ts';
export type { KillContainerOptions } from './containers/kill-container.ts';
export type { ContainerSummary, ListContainersOptions } from './containers/list-containers.ts';
export type { ContainerLogs, ContainerLogsOptions, LogChunk } from './containers/output/logs-container.ts';
export type { PrunedContainers, PruneContainersOptions } from './containers/prune-containers.ts';
export type { RestartContainerOptions } from './containers/restart-container.ts';
export type { ContainerProcess } from './containers/top-container.ts';
export type { UpdateContainerOptions, UpdatedContainer } from './containers/update-container.ts';
export type { RemoveContainerOptions } from './containers/remove-container.ts';
export type { StartedContainer } from './containers/start-container.ts';
export type { StopContainerOptions, StoppedContainer } from './containers/stop-container.ts';
export type { ContainerExit } from './containers/container-exit.ts';
export type { WaitContainerOptions } from './containers/wait-container.ts';

export type { BuildImageOptions, BuiltImage } from './images/build-image.ts';
export type { ImageHistoryEntry } from './images/image-history.ts';
export type { PrunedImages, PruneImagesOptions } from './images/prune-images.ts';
export type { PulledImage, PullImageOptions, RegistryCredentials } from './images/pull-image.ts';
export type { Images } from './images/images.ts';
export type { InspectedImage } from './images/inspect-image.ts';
export type { ImageSummary, ListImagesOptions } from './images/list-images.ts';
export type { ImageArchive, LoadedImages, LoadImagesOptions } from './images/load-images.ts';
export type { RemovedImage, RemoveImageOptions } from './images/remove-image.ts';

export type { DiskUsage } from './system/disk-usage.ts';
export type { EngineEvent, EventFilters, EventsOptions, EventStream } from './system/events.ts';
export type { EngineInfo, IdMapping, RuntimeInfo } from './system/info.ts';
export type { Ping } from './system/ping.ts';
export type { System } from './system/system.ts';
export type { EngineVersion } from './system/version.ts';

export { startPodmanService, type PodmanService } from './podman-service/podman-service.ts';
export type { PodmanServiceOptions } from './podman-service/service-options.ts';
export { PodmanServiceError } from './podman-service/service-error.ts';
