/** The steps of a conformance run, each with what it found. */
import { BulkheadError } from '../../errors.ts';

export const stepNames = [
  'registers',
  'mounts',
  'answers help',
  'answers the existence check',
  'says its special paths',
  'rolls back',
  'serves again after a kill',
  'mounts twice',
  'leaves nothing',
] as const;

export type StepName = (typeof stepNames)[number];

export interface ConformanceStep {
  readonly name: StepName;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  /** What was seen, or why it was left out. */
  readonly detail: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string } | undefined;
}

/** Carries out the steps of one run. After one that the others need has failed, the others are skipped. */
export class StepRunner {
  readonly steps: ConformanceStep[] = [];
  readonly #signal: AbortSignal;
  readonly #limitMs: number;

  constructor(signal: AbortSignal, limitMs: number) {
    this.#signal = signal;
    this.#limitMs = limitMs;
  }

  /**
   * @param work resolves to what was seen, and what later steps need of it
   * @returns what later steps need; `undefined` when the step has failed
   * @throws the reason of the caller's abort only
   */
  async run<T>(
    name: StepName,
    work: (signal: AbortSignal) => Promise<readonly [detail: string, needed: T]>,
  ): Promise<T | undefined> {
    const begin = performance.now();
    const limit = AbortSignal.timeout(this.#limitMs);
    const step = (rest: Omit<ConformanceStep, 'name' | 'milliseconds'>): void => {
      this.steps.push({ name, milliseconds: Math.round(performance.now() - begin), ...rest });
    };
    try {
      const [detail, needed] = await work(AbortSignal.any([this.#signal, limit]));
      step({ outcome: 'passed', detail });
      return needed;
    } catch (error) {
      this.#signal.throwIfAborted();
      step({ outcome: 'failed', detail: '', error: described(error, limit.aborted, this.#limitMs) });
      return undefined;
    }
  }

  /** A step on which no other depends. @param work resolves to what was seen */
  async check(name: StepName, work: (signal: AbortSignal) => Promise<string>): Promise<void> {
    await this.run(name, async (signal) => [await work(signal), undefined]);
  }

  /** Notes that a step has failed after all. */
  fail(name: StepName, error: unknown): void {
    const failed = { name, outcome: 'failed', milliseconds: 0, detail: '' } as const;
    const at = this.steps.findIndex((step) => step.name === name);
    this.steps.splice(at === -1 ? this.steps.length : at, 1, {
      ...failed,
      error: described(error, false, this.#limitMs),
    });
  }

  /** Notes the steps that have not been run. */
  skipOthers(why: string): void {
    for (const name of stepNames) {
      if (this.steps.some((step) => step.name === name)) continue;
      this.steps.push({ name, outcome: 'skipped', milliseconds: 0, detail: why });
    }
  }
}

function described(error: unknown, isLate: boolean, limitMs: number): NonNullable<ConformanceStep['error']> {
  if (isLate && !(error instanceof BulkheadError))
    return { code: 'PLUGIN_CALL_TIMEOUT', message: `it was not done within ${limitMs} ms` };
  const { code, message, hint } = BulkheadError.from(error);
  return { code, message, ...(hint !== undefined && { hint }) };
}
