/** `bulkhead/compatibility`: facts about host, engine and image, and what follows from them before a launch. */
import '../node-version.ts';
export { isKnown, known, unknown, valueOf, type Fact, type KnownFact, type UnknownFact } from './fact.ts';
export type { HostFacts, SocketFolderFacts } from './host-facts.ts';
export type { PolicyDenial, PolicyNeed, SelinuxFacts } from './selinux-facts.ts';
export type { UserNamespaceFacts } from './user-namespace-facts.ts';
export type { EngineFacts, IdRange, MemoryLockLimit, RuntimeFacts } from './engine-facts.ts';
export type { ListedNetwork, NetworkFacts } from './network-facts.ts';
export type { NetworkAccess } from './network-access.ts';
export { addressSpaceLabel } from './image-facts.ts';
export type {
  AbsentImage,
  GoBuildFacts,
  ImageAccounts,
  ImageFacts,
  ImagePlace,
  ImageSettings,
  ProgramFacts,
  StartedProgramFacts,
} from './image-facts.ts';
export type {
  LaunchStrategy,
  LaunchVerdict,
  LaunchRequirements,
  Reason,
  SelinuxPlan,
  SocketDirectoryPlan,
  StrategyUlimit,
} from './launch-verdict.ts';
export type { ContainerUser, Finding, LaunchCase, LaunchFacts, Rule, RuleSource } from './rule.ts';
export { factsFile, parseFacts } from './facts-file.ts';
export { gatherFacts, type Gathering } from './gather/gather.ts';
export { gatherEngineFacts, type EngineGathering } from './gather/engine.ts';
export { engineInfoCache, userEngineCache } from './gather/engine-info-cache.ts';
export { gatherHostFacts, type HostGathering } from './gather/host.ts';
export { gatherImageFacts, userImageCache, type ImageGathering } from './gather/image.ts';
export { engineSees } from './gather/sees-mount.ts';
export { passingGid } from './strategy-socket.ts';
export { judge, sourceText } from './judge.ts';
export { rules } from './rules/rules.ts';
export { channels } from './matrix/matrix.ts';
export type {
  CellFilter,
  Channel,
  ChannelState,
  CommonRequirements,
  DryMatrixOptions,
  LiveOutcome,
  MatrixCell,
  MatrixFacts,
  MatrixResult,
  MatrixRow,
  MatrixSummary,
} from './matrix/matrix.ts';
export { assumedImage } from './matrix/assumed-image.ts';
export { planCells, type PlannedCell } from './matrix/cells.ts';
export { dryMatrix, predict } from './matrix/dry.ts';
export { cellName, summarise, unmetCells, withOutcome } from './matrix/summary.ts';
export { usualRuntimes } from './matrix/cells.ts';
