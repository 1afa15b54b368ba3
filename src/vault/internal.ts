/**
 * What the command line uses of this room beside its public API. This is no entry point, and may change at any time.
 */
export { keptAnswer } from './kept/answer.ts';
export { KeptMounts } from './kept/kept-mounts.ts';
export { keptPlaces, openKeptStorage } from './kept/kept-storage.ts';
export {
  longestMountsRequest,
  mountsAnswerSchema,
  type MountsAnswer,
  type MountsRequest,
} from './kept/messages.ts';
export type { KeptAnswer, KeptOperation, KeptRequest, Mounts } from './kept/mounts.ts';
export type { KeptMount, MountChanges, MountTuning, WantedMount } from './kept/mount-table.ts';
export { serveMounts } from './kept/serve-mounts.ts';
export { parseExact, stringifyExact } from './wire/exact-json.ts';
export { conformanceRun, type ConformanceOptions } from './conformance/conformance.ts';
export { stepNames, type ConformanceStep, type StepName } from './conformance/steps.ts';
