/** The live matrix: a plugin launched in every cell, and what happened beside what was predicted. */
export { liveProbeMatrix, type LiveProbeMatrixOptions } from './live-probe.ts';
export { liveMatrix, type LiveMatrixOptions, type MatrixLaunch } from './live.ts';
