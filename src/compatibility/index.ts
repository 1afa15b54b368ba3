/** `bulkhead/compatibility`: facts about host, engine and image, and what follows from them before launch. */
export type { EngineFacts, HostFacts, ImageFacts } from './facts.ts';
export { gatherEngineFacts, gatherHostFacts, imageFacts } from './gather.ts';
export { judgeLaunch } from './judge.ts';
export type { LaunchStrategy, LaunchVerdict, LaunchWishes, Refusal, SocketDirectoryPlan } from './verdict.ts';
