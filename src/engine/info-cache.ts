import { z } from 'zod';

/** An engine that answers, before it was asked about itself. */
export interface AnsweringEngine {
  readonly kind: 'docker' | 'podman';
  /** As the engine's headers say it. */
  readonly version: string;
  readonly socketPath: string;
}

/** What an engine answered to questions about itself, as it came. */
export interface InfoAnswers {
  readonly info: unknown;
  /** Podman 6 and later: its Docker-compatible answer, which lists the runtimes. */
  readonly compatible?: unknown;
}

/**
 * Keeps what an engine says of itself from one connection to the next. A Podman takes a third of a second to say it: it
 * asks the package manager who its helpers are from.
 *
 * Only an implementation can know whether the same engine still answers; it throws nothing.
 */
export interface InfoCache {
  /** What this engine would say again; `undefined` when that is not known. It is checked as an engine's answer is. */
  read(engine: AnsweringEngine): Promise<unknown>;
  /** Is given what the engine said just now. */
  write(engine: AnsweringEngine, answers: InfoAnswers): Promise<void>;
}

export const infoAnswers = z.object({ info: z.looseObject({}), compatible: z.looseObject({}).optional() });
