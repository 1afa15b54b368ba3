import { z } from 'zod';

/** An engine that has answered, before it is asked about itself. */
export interface AnsweringEngine {
  readonly kind: 'docker' | 'podman';
  /** Version as the engine's headers give it. */
  readonly version: string;
  readonly socketPath: string;
}

/** What an engine answered to questions about itself, unchanged. */
export interface InfoAnswers {
  readonly info: unknown;
  /** Podman 6 and later: its Docker-compatible answer, which lists the runtimes. */
  readonly compatible?: unknown;
}

/**
 * Keeps what an engine says about itself from one connection to the next. A Podman takes a third of a second to answer,
 * because it asks the package manager which packages its helpers are from.
 *
 * The implementation has to know whether the same engine still answers. It never throws.
 */
export interface InfoCache {
  /**
   * Returns what this engine would answer again, or `undefined` when that is not known. It is checked as an engine's
   * answer is.
   */
  read(engine: AnsweringEngine): Promise<unknown>;
  /** Takes what the engine has just answered. */
  write(engine: AnsweringEngine, answers: InfoAnswers): Promise<void>;
}

export const infoAnswers = z.object({ info: z.looseObject({}), compatible: z.looseObject({}).optional() });
