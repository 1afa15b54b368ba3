/**
 * Reports what happens in a host: as events of `node:diagnostics_channel`, as lines of a logger, and as counters. No
 * report holds a value of `env`, a certificate or a message of a call.
 */
import { channel } from 'node:diagnostics_channel';
import type { Reason } from '../../compatibility/index.ts';
import type { GenerationEnd } from '../instances/generation.ts';
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';
import type { LostFolder } from '../orphans/owned-folders.ts';
import type { Sweep } from '../orphans/sweep.ts';

/** Names of the channels, with what is published on each. */
export interface HostEvents {
  /** An instance changed its state. */
  'bulkhead:instance': {
    readonly host: string;
    readonly instance: InstanceSnapshot;
    readonly from: InstanceState;
  };
  /** A plugin was started, or could not be. */
  'bulkhead:start': {
    readonly host: string;
    readonly instance: string;
    readonly type: string;
    readonly name: string;
    readonly generation: number;
    readonly milliseconds: number;
    readonly error?: unknown;
  };
  /** A plugin is launched although the verdict is not that it works, because an override says so. */
  'bulkhead:override': {
    readonly host: string;
    readonly instance: string;
    readonly type: string;
    readonly name: string;
    readonly override: 'unknown' | 'refused';
    /** What could not be observed, or is not met. */
    readonly reasons: readonly Reason[];
  };
  /** A plugin ended, for whatever reason. */
  'bulkhead:end': {
    readonly host: string;
    readonly instance: string;
    readonly generation: number;
    readonly end: GenerationEnd;
  };
  /** A call of a mount is over. It has no error where its caller left a stream of replies early. */
  'bulkhead:call': {
    readonly host: string;
    readonly mount: string;
    readonly type: string;
    readonly name: string;
    /** `/package.Service/Method` */
    readonly method: string;
    readonly milliseconds: number;
    /** How many times it was sent. */
    readonly sent: number;
    readonly error?: unknown;
  };
  /** A mount was made, moved to another instance, or closed. */
  'bulkhead:mount': {
    readonly host: string;
    readonly mount: string;
    readonly type: string;
    readonly name: string;
    readonly what: 'mounted' | 'moved' | 'closed';
    readonly instance: string;
  };
  /** A folder for sockets that somebody removed was made anew, or its owner's file was. */
  'bulkhead:folder': { readonly host: string } & LostFolder;
  /** A Podman service of the host's own was started again, or could not be. */
  'bulkhead:service': {
    readonly host: string;
    readonly socketPath: string;
    readonly reason: string;
    readonly error?: unknown;
  };
  /** Output of a plugin may be missing, because the connection to the engine was lost for some time. */
  'bulkhead:output-gap': {
    readonly host: string;
    readonly instance: string;
    readonly generation: number;
    readonly since: Date;
    readonly until: Date;
  };
  /** Something that dead hosts had left was removed. */
  'bulkhead:sweep': { readonly host: string } & Sweep;
}

const channels = {
  'bulkhead:instance': channel('bulkhead:instance'),
  'bulkhead:start': channel('bulkhead:start'),
  'bulkhead:override': channel('bulkhead:override'),
  'bulkhead:end': channel('bulkhead:end'),
  'bulkhead:call': channel('bulkhead:call'),
  'bulkhead:mount': channel('bulkhead:mount'),
  'bulkhead:folder': channel('bulkhead:folder'),
  'bulkhead:service': channel('bulkhead:service'),
  'bulkhead:output-gap': channel('bulkhead:output-gap'),
  'bulkhead:sweep': channel('bulkhead:sweep'),
} as const;

/** @param event builds the event; called only when somebody listens */
export function publish<Name extends keyof HostEvents>(name: Name, event: () => HostEvents[Name]): void {
  if (channels[name].hasSubscribers) channels[name].publish(event());
}

/** Whether anybody listens to the ends of calls, which are too many to make something of each for nobody. */
export function callsAreHeard(): boolean {
  return callEnds.hasSubscribers;
}

const callEnds = channels['bulkhead:call'];

/** A logger for the host's messages. Console, pino and winston need a line of glue code. */
export interface HostLogger {
  debug(message: string, fields: Readonly<Record<string, unknown>>): void;
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

const nothing = (): void => undefined;
export const silentLogger: HostLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Wraps a logger so that an error which it throws does not change what the host does. */
export function careful(logger: HostLogger): HostLogger {
  const level =
    (name: keyof HostLogger) =>
    (message: string, fields: Readonly<Record<string, unknown>>): void => {
      try {
        logger[name](message, fields);
      } catch (error) {
        process.emitWarning(error as Error);
      }
    };
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}
