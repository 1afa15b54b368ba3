/**
 * What other rooms use of this one beside its public API. This is no entry point, and may change at any time.
 */
export { Connections } from './control/connections.ts';
export { listenInDirectory, type ListenOptions } from './control/control-listener.ts';
export { readRequestLine } from './control/request-line.ts';
export { Kinds } from './launching/kinds.ts';
export { ownLaunches, sweepOwnLaunches, type OwnLaunches } from './launching/own-launches.ts';
export { PluginRegistry } from './launching/plugin-registry.ts';
export { hostLabels } from './orphans/labels.ts';
export { ownerKey } from './orphans/owner-key.ts';
export { isProved } from './orphans/owner-proof.ts';
export { recordedEngines } from './orphans/sweep-recorded.ts';
