/** The errors of the plugin host. */
import { BulkheadError, nameErrorClass, type BulkheadErrorOptions } from '../errors.ts';
import type { OutputTail, PluginExit } from '../goplugin/index.ts';
import { causeIn, plainOutput } from '../goplugin/internal.ts';

/**
 * The plugin was lost while it had the call, and may or may not have carried it out. The call was not repeated, because
 * nothing declares that it may be carried out twice.
 */
export class OutcomeUnknownError extends BulkheadError {
  static {
    nameErrorClass(this, 'OutcomeUnknownError');
  }

  /** `/package.Service/Method` */
  readonly method: string;
  /** How the plugin ended, if that is known. */
  readonly exit: PluginExit | undefined;

  constructor(
    plugin: string,
    method: string,
    options: BulkheadErrorOptions & { exit?: PluginExit | undefined },
  ) {
    super(
      'CALL_OUTCOME_UNKNOWN',
      `${plugin} was lost during ${method}, which it may have carried out; the call was not repeated`,
      { hint: 'If the call may be carried out twice, pass `idempotent: true` with it.', ...options },
    );
    this.method = method;
    this.exit = options.exit;
  }
}

/** The plugin keeps ending, and is not started again until its instance is reset. */
export class CrashLoopError extends BulkheadError {
  static {
    nameErrorClass(this, 'CrashLoopError');
  }

  readonly instanceId: string;
  /** The end of what the plugin wrote before it ended for the last time. */
  readonly output: OutputTail;

  constructor(
    plugin: string,
    instanceId: string,
    {
      failures,
      windowMs,
      output,
      cause,
    }: { failures: number; windowMs: number; output: OutputTail; cause: unknown },
  ) {
    const { words } = causeIn(output.stderr.trim() === '' ? output.stdout : output.stderr);
    super(
      'INSTANCE_CRASH_LOOP',
      `${plugin} ended or failed to start ${failures} times within ${Math.round(windowMs / 1000)} s` +
        (words === '' ? '' : `; its last words: ${words.slice(0, 300)}`),
      { cause, hint: `Read its output to find out why, then reset the instance ${instanceId}.` },
    );
    this.instanceId = instanceId;
    this.output = plainOutput(output);
  }
}

/** A limit of the host was reached. `limit` names the option that sets it. */
export class HostLimitError extends BulkheadError {
  static {
    nameErrorClass(this, 'HostLimitError');
  }

  readonly limit: string;

  constructor(limit: string, value: number, message: string) {
    super('HOST_LIMIT', message, {
      hint: `Raise \`limits.${limit}\`, which is ${value}, or ask for less at a time.`,
    });
    this.limit = limit;
  }
}

/** The new plugin could not take over. The old one keeps running. */
export class ReloadFailedError extends BulkheadError {
  static {
    nameErrorClass(this, 'ReloadFailedError');
  }

  constructor(plugin: string, cause: unknown) {
    const { message, hint } = BulkheadError.from(cause);
    super('RELOAD_FAILED', `${plugin} was not reloaded, and continues to run as before: ${message}`, {
      cause,
      hint,
    });
  }
}
