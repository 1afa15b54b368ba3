export interface StartedContainer {
  /** True when it was running before. */
  readonly alreadyStarted: boolean;
}
