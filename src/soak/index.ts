/** Looks for what does not hold: seeded faults on real engines, and the same demands after each. */
export { runStretch, runTrial, type TrialResult } from './run-trial.ts';
export { shrink, smallerThan } from './shrink.ts';
export { whatGrows, type Sample } from './samples.ts';
export { soak, type SoakFailure, type SoakOptions, type SoakResult } from './soak.ts';
export { probeAt } from './probe-subject.ts';
export type { Disturbance, Misbehaviour, Place, Subject } from './subject.ts';
export {
  drawTrial,
  faultNames,
  scenarioNames,
  seedOf,
  trialWords,
  type FaultName,
  type ScenarioName,
  type Trial,
} from './trial.ts';
