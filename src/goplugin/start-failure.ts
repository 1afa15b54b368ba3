/**
 * The end of an attempt to start a plugin that failed: everything that was made is removed, and everything that was
 * observed goes into one error.
 */
import { BulkheadError } from '../errors.ts';
import type { Connection } from './connection.ts';
import {
  HandshakeError,
  PluginError,
  PluginStartError,
  PluginStartTimeoutError,
  type OutputTail,
  type PluginErrorOptions,
  type PluginPhase,
} from './errors.ts';
import { exitedError } from './exit.ts';
import { HandshakeLineError } from './handshake/line.ts';
import { within, type Limit } from './limit.ts';
import type { PluginOutput } from './output/plugin-output.ts';
import { noteCleanup, warn } from './pending-cleanups.ts';
import type { Diagnosis, PluginExit, PluginRunner } from './runner.ts';
import type { StartSettings } from './start-options.ts';
import { messageOf } from '../thrown-value.ts';

/** What exists so far of a plugin that is being started. */
export interface Attempt {
  phase: PluginPhase;
  readonly settings: StartSettings;
  readonly limit: Limit;
  creating?: Promise<PluginRunner>;
  runner?: PluginRunner;
  output?: PluginOutput;
  exited?: Promise<PluginExit>;
  connection?: Connection;
  /** Removal of a runner that took too long to be made. */
  lateRemoval?: Promise<void>;
}

/** The plugin's stdout ended without a handshake, or the plugin ended before it was connected. */
export class HandshakeAbsent extends Error {}

/** How long an exit that explains the failure may take to become known. */
const exitWaitMs = 1_000;
/**
 * How long a plugin whose failure is known already may take to end by itself, so that its exit code can be reported.
 */
const ownExitWaitMs = 250;
const diagnoseMs = 3_000;
/** How long each step of the clean-up may take before the next one is tried. */
const cleanupStepMs = 15_000;

/** Cleans up, and returns the error to throw. */
export async function endAttempt(attempt: Attempt, failure: unknown): Promise<unknown> {
  const { limit, settings } = attempt;
  await adoptLateRunner(attempt);
  // The exit has to be known before the kill causes one of its own.
  const exit = await ownExit(attempt, failure);
  const mustExplain = !limit.aborted && !isRunnersOwn(attempt, failure);
  const diagnosis =
    mustExplain && attempt.runner ? await within(diagnoseMs, attempt.runner.diagnose()) : undefined;
  const { cleanupError, cleanupPending } = await cleanUp(attempt);
  const output = attempt.output?.tail() ?? { stdout: '', stderr: '' };

  if (limit.aborted) return warnOf({ cleanupError, cleanupPending }, settings.signal?.reason);
  if (isRunnersOwn(attempt, failure)) return warnOf({ cleanupError, cleanupPending }, failure);
  return explain(attempt, failure, { exit, diagnosis, output, cleanupError, cleanupPending });
}

/** What became of the removal. */
interface Cleanup {
  readonly cleanupError: unknown;
  /** Something is still being removed. */
  readonly cleanupPending: boolean;
}

interface Seen extends Cleanup {
  readonly exit: PluginExit | undefined;
  readonly diagnosis: Diagnosis | undefined;
  readonly output: OutputTail;
}

function explain(attempt: Attempt, failure: unknown, seen: Seen): Error {
  const { phase, settings, runner } = attempt;
  const plugin = runner?.name ?? 'the plugin';
  const { exit, output, diagnosis } = seen;
  const options = (cause: unknown, hint?: string): PluginErrorOptions => ({
    phase,
    plugin,
    exit,
    output,
    diagnosis,
    cleanupPending: seen.cleanupPending ? true : undefined,
    cause: seen.cleanupError === undefined ? cause : withCleanup(cause, seen.cleanupError),
    hint: seen.cleanupPending
      ? [hint ?? diagnosis?.hint, pendingHint].filter((text) => text !== undefined).join(' ')
      : (hint ?? diagnosis?.hint),
  });
  if (attempt.limit.expired) {
    return new PluginStartTimeoutError(
      'PLUGIN_START_TIMEOUT',
      `${plugin} was not ready within ${settings.startTimeoutMs} ms (${phaseInWords[phase] ?? phase})`,
      options(undefined, diagnosis?.hint ?? timeoutHint(phase)),
    );
  }
  if (failure instanceof HandshakeLineError) {
    // What a program said before it ended tells more than that its first line is no handshake.
    const told = exit === undefined ? undefined : diagnosis?.hint;
    return new HandshakeError(
      failure.code,
      `${plugin}: ${failure.message}`,
      options(failure, told ?? failure.hint),
    );
  }
  if (exit && (failure instanceof HandshakeAbsent || phase === 'connect')) {
    return exitedError(plugin, phase, exit, output, {
      diagnosis,
      ...(seen.cleanupPending && { cleanupPending: true, besides: pendingHint }),
    });
  }
  if (failure instanceof HandshakeAbsent) {
    // Its stdout may be open still: what broke is the way from there.
    if (failure.cause instanceof BulkheadError) return warnOf(seen, failure.cause);
    return new PluginStartError(
      'PLUGIN_NO_HANDSHAKE',
      `${plugin} closed its stdout without a handshake, and kept running`,
      options(undefined),
    );
  }
  const text = messageOf(failure);
  if (phase === 'connect') {
    return new PluginStartError(
      'PLUGIN_CONNECT_FAILED',
      `${plugin} announced itself, and the first connection failed: ${text}`,
      options(failure, connectHint(text, settings.autoMtls)),
    );
  }
  return new PluginStartError(
    'PLUGIN_START_FAILED',
    `The plugin could not be started: ${text}`,
    options(failure),
  );
}

/** Whether the failure is a typed error of the runner, which already says everything and is rethrown as it is. */
function isRunnersOwn(attempt: Attempt, failure: unknown): boolean {
  if (attempt.limit.signal.aborted) return false;
  return (
    failure instanceof PluginError ||
    (failure instanceof BulkheadError && !(failure instanceof HandshakeLineError))
  );
}

/** Removes a runner that arrives after the end of the attempt. */
async function adoptLateRunner(attempt: Attempt): Promise<void> {
  const { creating } = attempt;
  if (!creating || attempt.runner) return;
  const late = await within(cleanupStepMs, creating);
  if (late) attempt.runner = late;
  else {
    attempt.lateRemoval = creating.then(
      (runner) => runner[Symbol.asyncDispose](),
      (error: unknown) => {
        // A creation that fails removes what it made, and says so where it can't.
        if (error instanceof BulkheadError && error.code === 'CLEANUP_FAILED') throw error;
      },
    );
  }
}

async function ownExit({ phase, exited, limit }: Attempt, failure: unknown): Promise<PluginExit | undefined> {
  if (
    !exited ||
    limit.aborted ||
    (failure instanceof BulkheadError && !(failure instanceof HandshakeLineError))
  )
    return undefined;
  if (limit.expired) return await within(0, exited);
  const printedOther = failure instanceof HandshakeLineError && failure.code === 'HANDSHAKE_NOT_RECOGNISED';
  if (failure instanceof HandshakeLineError && !printedOther) return undefined;
  const atOnce = printedOther || phase === 'connect';
  return await within(atOnce ? ownExitWaitMs : exitWaitMs, exited);
}

/**
 * Ends and removes everything, one step after the other; no step may hang. A step that takes too long goes on, and
 * `cleanupEnded` waits for it.
 */
async function cleanUp({ connection, runner, output, exited, lateRemoval }: Attempt): Promise<Cleanup> {
  let problem: unknown;
  let isPending = false;
  const goesOn = (removal: Promise<unknown>): void => {
    isPending = true;
    noteCleanup(removal);
  };
  const step = async (work: () => Promise<unknown>): Promise<void> => {
    const done = work();
    const ended = await within(
      cleanupStepMs,
      done.then(
        () => true,
        (error: unknown) => {
          problem ??= error;
          return true;
        },
      ),
    );
    if (ended === undefined) goesOn(done);
  };
  if (lateRemoval && !(await isSettled(lateRemoval))) goesOn(lateRemoval);
  if (connection) await step(() => connection.close('the plugin did not start'));
  if (runner && exited) await step(() => runner.kill({ graceMs: 0 }));
  if (output) await within(exitWaitMs, output.ended);
  if (runner) await step(() => runner[Symbol.asyncDispose]());
  return { cleanupError: problem, cleanupPending: isPending };
}

/** Whether it has ended already. Its failure is that of a creation, which has removed what it made. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const ended = promise.then(
    () => true,
    () => true,
  );
  return await Promise.race([ended, new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

const pendingHint =
  'Something that was made for it is still being removed: wait for `cleanupEnded()` before the process ends.';

function withCleanup(cause: unknown, cleanupError: unknown): unknown {
  return cause === undefined
    ? cleanupError
    : new AggregateError([cause, cleanupError], 'starting failed, and so did cleaning up');
}

/** Reports what could not be removed, or is not removed yet, beside an error that must stay as it is. */
function warnOf<E>({ cleanupError, cleanupPending }: Cleanup, error: E): E {
  if (cleanupError !== undefined) {
    warn(`Something of a plugin could not be removed: ${messageOf(cleanupError)}`);
  }
  if (cleanupPending) {
    warn('Something of a plugin that did not start is still being removed; cleanupEnded() waits for it');
  }
  return error;
}

const phaseInWords: Partial<Record<PluginPhase, string>> = {
  create: 'it was still being prepared',
  start: 'it was still being started',
  handshake: 'it had printed no handshake',
  connect: 'it had announced itself, but accepted no connection',
};

function timeoutHint(phase: PluginPhase): string | undefined {
  return phase === 'handshake'
    ? 'Raise `startTimeoutMs` if it needs longer. A program that is not a plugin may never print a handshake.'
    : undefined;
}

function connectHint(text: string, autoMtls: boolean): string | undefined {
  if (/wrong version number|packet length too long|SSL|TLS|certificate/i.test(text)) {
    return autoMtls
      ? 'The plugin announced a certificate, but its socket does not speak TLS with it.'
      : 'The socket of the plugin requires TLS: leave out `autoMtls: false`.';
  }
  if (text.includes('ENOENT')) return 'The socket that the plugin announced does not exist on the host.';
  if (text.includes('EACCES'))
    return 'The host may not write to the socket of the plugin: check its owner, group and mode.';
  if (text.includes('ECONNREFUSED')) return 'Nothing listens on the socket that the plugin announced.';
  return undefined;
}
