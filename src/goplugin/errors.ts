/** The errors of the go-plugin protocol. */
import { BulkheadError, nameErrorClass, type BulkheadErrorOptions, type ErrorCode } from '../errors.ts';
import { boundedText, plainText } from '../foreign-text.ts';
import { reflectionLimits, type ReflectionLimitName } from './reflection/limits.ts';
import type { Diagnosis, PluginExit } from './runner.ts';

/** The part of its life in which a plugin failed. */
export type PluginPhase = 'create' | 'start' | 'handshake' | 'connect' | 'call' | 'stop';

/**
 * What a plugin wrote, as text, at most 8 KiB of each stream: all of it, or its first lines, the first lines of its last
 * crash report, and its end, with the number of bytes that are left out in between. In an error it can be printed:
 * characters that would steer a terminal or hide are shown by their numbers.
 */
export interface OutputTail {
  readonly stdout: string;
  readonly stderr: string;
}

export interface PluginErrorOptions extends BulkheadErrorOptions {
  readonly phase: PluginPhase;
  /** Image reference or path of the executable. */
  readonly plugin: string;
  readonly exit?: PluginExit | undefined;
  readonly output?: OutputTail | undefined;
  readonly diagnosis?: Diagnosis | undefined;
  readonly reached?: 'no' | undefined;
  readonly cleanupPending?: true | undefined;
}

/** A plugin failed. The error carries what was observed: phase, exit, last output, and what its runner knows. */
export class PluginError extends BulkheadError {
  static {
    nameErrorClass(this, 'PluginError');
  }

  readonly phase: PluginPhase;
  /** Image reference or path of the executable. */
  readonly plugin: string;
  /** How the program ended, if it has. */
  readonly exit: PluginExit | undefined;
  readonly output: OutputTail;
  readonly diagnosis: Diagnosis | undefined;
  /** `no` when it is certain that the failed call never reached the plugin, which then can't have carried it out. */
  readonly reached: 'no' | undefined;
  /**
   * True when something that was made for a plugin that did not start is still being removed: `cleanupEnded` waits for
   * it.
   */
  declare readonly cleanupPending?: true;

  constructor(code: ErrorCode, message: string, options: PluginErrorOptions) {
    super(code, message, options);
    this.phase = options.phase;
    this.plugin = options.plugin;
    this.exit = options.exit && plainExit(options.exit);
    this.output = plainOutput(options.output);
    this.diagnosis = options.diagnosis && plainDiagnosis(options.diagnosis);
    this.reached = options.reached;
    if (options.cleanupPending === true) this.cleanupPending = true;
  }
}

/** What a plugin wrote, made safe for an error. */
export function plainOutput({ stdout, stderr }: OutputTail = { stdout: '', stderr: '' }): OutputTail {
  return { stdout: plainText(stdout), stderr: plainText(stderr) };
}

function plainExit(exit: PluginExit): PluginExit {
  return exit.error === undefined ? exit : { ...exit, error: boundedText(exit.error) };
}

/** Most facts that an error carries, so that it does not grow with what a runner collects. Runners collect few. */
const mostFacts = 50;
const longestFact = 4 * 1024;

function plainDiagnosis({ facts, hint }: Diagnosis): Diagnosis {
  return {
    facts: facts
      .slice(0, mostFacts)
      .map(({ name, value }) => ({ name: boundedText(name, 100), value: boundedText(value, longestFact) })),
    hint: hint === undefined ? undefined : boundedText(hint),
  };
}

/** The plugin has ended: by itself, by a signal, or because it was stopped. `exit` says how. */
export class PluginExitedError extends PluginError {
  static {
    nameErrorClass(this, 'PluginExitedError');
  }
}

/** What the plugin printed is not a valid handshake. `code` tells how; the `cause` shows the line. */
export class HandshakeError extends PluginError {
  static {
    nameErrorClass(this, 'HandshakeError');
  }
}

/** The plugin could not be made, started or connected to; `phase` and `code` tell which. */
export class PluginStartError extends PluginError {
  static {
    nameErrorClass(this, 'PluginStartError');
  }
}

/** The plugin's health service says that it does not serve. */
export class PluginUnhealthyError extends PluginError {
  static {
    nameErrorClass(this, 'PluginUnhealthyError');
  }
}

/** The plugin can't describe a service; `code` says why. */
export class ReflectionError extends BulkheadError {
  static {
    nameErrorClass(this, 'ReflectionError');
  }
}

/** The plugin describes its services with more data than is accepted. `limit` names what there is too much of. */
export class ReflectionLimitError extends ReflectionError {
  static {
    nameErrorClass(this, 'ReflectionLimitError');
  }

  /** A key of `reflectionLimits`. */
  readonly limit: ReflectionLimitName;
  /** The value of that limit. */
  readonly value: number;

  constructor(plugin: string, cause: Error & { readonly limit: ReflectionLimitName }) {
    super('REFLECTION_FAILED', `${plugin} describes its services with ${cause.message}`, {
      hint: 'Give the definition of the service from a .proto file, which `loadProto` reads.',
    });
    this.limit = cause.limit;
    this.value = reflectionLimits[cause.limit].value;
  }
}

/** A brokered service could not be offered or reached. */
export class BrokerError extends BulkheadError {
  static {
    nameErrorClass(this, 'BrokerError');
  }

  /** The id that was offered or dialled; `undefined` when there is none yet. */
  readonly id: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: BulkheadErrorOptions & { id?: number | undefined } = {},
  ) {
    super(code, message, options);
    this.id = options.id;
  }
}

/** The plugin did not become ready within its time limit. */
export class PluginStartTimeoutError extends PluginError {
  static {
    nameErrorClass(this, 'PluginStartTimeoutError');
  }
}

/** A call failed while the plugin lives: the plugin answered with an error status, or the call's deadline passed. */
export class PluginCallError extends PluginError {
  static {
    nameErrorClass(this, 'PluginCallError');
  }

  /** `/package.Service/Method` */
  readonly method: string;
  /** Name of the gRPC status, for example `NOT_FOUND`. */
  readonly status: string;
  /** The status's own text, with characters that would steer a terminal shown by their numbers. */
  readonly details: string;
  /** Metadata that came with the status: lower-case names; names ending in `-bin` carry bytes. */
  readonly metadata: Readonly<Record<string, readonly (string | Buffer)[]>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: PluginErrorOptions & {
      method: string;
      status: string;
      details: string;
      metadata: Readonly<Record<string, readonly (string | Buffer)[]>>;
    },
  ) {
    super(code, message, options);
    this.method = options.method;
    this.status = options.status;
    this.details = boundedText(options.details);
    this.metadata = options.metadata;
  }
}
