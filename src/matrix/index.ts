/** The live matrix: launches a plugin in every cell, and compares what happened with what was predicted. */
export { liveProbeMatrix, type LiveProbeMatrixOptions } from './live-probe.ts';
export { liveMatrix, type LiveMatrixOptions, type MatrixLaunch } from './live.ts';
export type { ExerciseContext } from './channels.ts';
export { inParallel } from './in-parallel.ts';
