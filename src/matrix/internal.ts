/** What other rooms use of this one beside its public API. This is no entry point, and may change at any time. */
export { callBackProbe } from './probe/exercise.ts';
export { packProbe } from './probe/image.ts';
export { probeDefinition, probeHandshake } from './probe/services.ts';
