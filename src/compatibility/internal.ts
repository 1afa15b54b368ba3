/** What other rooms take from this one beside its public API. It is no entry point, and may change at any time. */
export { isRoot, launchCase } from './case.ts';
export { rowOf } from './matrix/dry.ts';
