import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { GuardedWorker } from './guarded-worker.ts';
import { shrink } from './shrink.ts';
import type { Fault, FuzzTarget } from './target.ts';

export const corpusFolder = fileURLToPath(new URL('./corpus', import.meta.url));
export const targetsModule = fileURLToPath(new URL('./targets.ts', import.meta.url));

export interface FuzzRun {
  readonly targets: readonly FuzzTarget[];
  readonly seed: number;
  /** How many inputs each target gets at most. Default: no limit. */
  readonly inputs?: number | undefined;
  /** Ends after so long. Default: no limit. */
  readonly seconds?: number | undefined;
  /** A target with so many faults is not tried further. Default: 10. */
  readonly mostFaults?: number | undefined;
  /** Ends after the present turn. */
  readonly signal?: AbortSignal | undefined;
  readonly module?: string | undefined;
  readonly corpus?: string | undefined;
  readonly guided?: boolean | undefined;
  /** Called after each turn of a target. */
  readonly onTurn?: ((target: FuzzTarget, report: TargetReport) => void) | undefined;
}

export interface TargetReport {
  ran: number;
  /** Inputs that showed a fault, most of them one that was known already. */
  faulty: number;
  readonly faults: Fault[];
  /** Inputs that reached code which the corpus did not reach. */
  readonly found: Uint8Array[];
}

/** A target with this many faults, or with this many inputs that showed one, is not tried further. */
const mostFaults = 10;
const mostFaulty = 100;
/** How long a target is run before it is the next one's turn. */
const turnMs = 3000;
const inputsOfTurn = 20_000;

/** Gives every target its turn until the time or the inputs are used up. */
export async function fuzz(run: FuzzRun): Promise<ReadonlyMap<string, TargetReport>> {
  const { targets, seed, inputs = Number.POSITIVE_INFINITY, seconds } = run;
  const until = Date.now() + (seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000);
  const reports = new Map<string, TargetReport>(
    targets.map(({ name }) => [name, { ran: 0, faulty: 0, faults: [], found: [] }]),
  );
  await using worker = new GuardedWorker({
    targetsModule: run.module ?? targetsModule,
    corpusFolder: run.corpus ?? corpusFolder,
    guided: run.guided ?? false,
  });
  const next = new Map<string, number>();
  for (;;) {
    let isDone = true;
    for (const target of targets) {
      const report = reports.get(target.name);
      const from = next.get(target.name) ?? 0;
      if (report === undefined || report.faults.length >= (run.mostFaults ?? mostFaults)) continue;
      if (report.faulty >= mostFaulty) continue;
      if ((from > 0 && from >= inputs) || Date.now() >= until || run.signal?.aborted === true) continue;
      isDone = false;
      const { ran, found, fault } = await worker.run(target, {
        name: target.name,
        seed,
        from,
        count: Math.min(inputsOfTurn, inputs - from),
        ms: Math.min(turnMs, until - Date.now()),
        first: !next.has(target.name),
      });
      report.found.push(...found);
      const done = fault === undefined ? ran : Math.max(0, fault.iteration - from + 1);
      report.ran += done;
      next.set(target.name, from + done);
      if (fault !== undefined)
        await addFault(worker, target, { target: target.name, seed, ...fault }, report);
      run.onTurn?.(target, report);
    }
    if (isDone) return reports;
  }
}

/** One fault is told once, however many inputs show it. */
async function addFault(
  worker: GuardedWorker,
  target: FuzzTarget,
  fault: Fault,
  report: TargetReport,
): Promise<void> {
  const key = ({ kind, what }: Fault) => `${kind} ${what.replace(/\d+/g, '#').slice(0, 80)}`;
  const isKnown = (one: Fault) => report.faults.some((known) => key(known) === key(one));
  report.faulty += 1;
  if (isKnown(fault)) return;
  if (fault.kind === 'hang') {
    // A machine with much else to do makes any input slow once.
    const { fault: again } = await worker.run(target, { name: target.name, input: fault.input });
    if (again?.kind !== 'hang') return;
  }
  const small = await shrink(worker, target, fault);
  if (!isKnown(small)) report.faults.push(small);
}

/** Keeps an input in the corpus, under a name that follows from its content. @returns the path */
export async function keep(target: string, input: Uint8Array, folder = corpusFolder): Promise<string> {
  const name = createHash('sha256').update(input).digest('hex').slice(0, 12);
  await mkdir(`${folder}/${target}`, { recursive: true });
  await writeFile(`${folder}/${target}/${name}`, input);
  return `${folder}/${target}/${name}`;
}
