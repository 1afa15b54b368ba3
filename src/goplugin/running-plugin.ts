/** A plugin that has been started: calls, health, stop. */
import { whenAborted } from '../abort.ts';
import { checkShape, milliseconds, shapeOf, signal } from '../settings/option-shape.ts';
import type { Broker } from './broker/broker.ts';
import { waitOptions } from './call-options.ts';
import type { Connection } from './connection.ts';
import type { PluginExitedError } from './errors.ts';
import { PluginError, PluginUnhealthyError, type PluginPhase } from './errors.ts';
import { exitedError } from './exit.ts';
import type { CallFailure } from './grpc/client/call-end.ts';
import { callUnary, type CallTarget } from './grpc/client/calls.ts';
import { clientMaker } from './grpc/client/client.ts';
import { callError, mayBeLoss, reached } from './grpc/failure.ts';
import type { Http2Channel } from './grpc/client/http2-channel.ts';
import { within } from './limit.ts';
import type { PluginOutput } from './output/plugin-output.ts';
import type { NegotiatedHandshake, Plugin, StopOptions } from './plugin.ts';
import type { ReattachConfig } from './reattach/config.ts';
import { reflection, type Reflection } from './reflection/client.ts';
import type { PluginExit, PluginRunner } from './runner.ts';
import type { CallOptions, ClientMaker } from './service.ts';
import { SharedWork } from '../waiting/shared-work.ts';
import { servingStatus, type HealthCheckResponse } from './wire/messages.ts';
import { healthService, healthServiceName } from './wire/services.ts';

/** How long a failed call waits for the exit that may explain it. */
const exitWaitMs = 2_000;
/** How long the last output may take to arrive after the exit. */
const outputWaitMs = 500;
/** How long it may take until a killed plugin is seen to have ended. */
const killedWaitMs = 10_000;

const stopOptions = shapeOf<StopOptions>({ graceMs: milliseconds, terminateMs: milliseconds, signal });

export interface RunningParts {
  readonly runner: PluginRunner;
  readonly connection: Connection;
  readonly output: PluginOutput;
  readonly handshake: NegotiatedHandshake;
  readonly exited: Promise<PluginExit>;
  /** Releases a plugin that another program ends: then `stop` only hangs up and calls this. */
  readonly detach?: (() => Promise<void>) | undefined;
}

export class RunningPlugin implements Plugin, CallTarget {
  readonly handshake: NegotiatedHandshake;
  readonly exited: Promise<PluginExit>;
  readonly disconnected: Promise<void>;
  readonly impaired: Promise<string> | undefined;
  readonly broker: Broker;
  readonly client: ClientMaker;
  readonly reflection: Reflection;
  readonly inProgress: CallTarget['inProgress'];
  readonly #runner: PluginRunner;
  readonly #connection: Connection;
  readonly #output: PluginOutput;
  readonly #detach: RunningParts['detach'];
  readonly #hurry = new AbortController();
  #exit: PluginExit | undefined;
  #stopping: Promise<PluginExit> | undefined;
  readonly #disposing = new SharedWork();

  constructor({ runner, connection, output, handshake, exited, detach }: RunningParts) {
    this.handshake = handshake;
    this.disconnected = connection.lost;
    this.impaired = runner.impaired;
    this.broker = connection.broker;
    this.client = clientMaker(this);
    this.inProgress = connection.inProgress;
    this.reflection = reflection(this, runner.name);
    this.#runner = runner;
    this.#connection = connection;
    this.#output = output;
    this.#detach = detach;
    this.exited = exited.then(async (exit) => {
      this.#exit = exit;
      await within(outputWaitMs, connection.printsEnded); // output that it sent may still be on its way
      await connection.close('the plugin has ended');
      return exit;
    });
  }

  get name(): string {
    return this.#runner.name;
  }

  get id(): string | undefined {
    return this.#runner.id;
  }

  get connected(): boolean {
    return this.#exit === undefined && this.#connection.intact;
  }

  async health(options: Pick<CallOptions, 'signal' | 'timeoutMs'> = {}): Promise<void> {
    checkShape('plugin.health', waitOptions, options);
    const { signal, timeoutMs = 5_000 } = options;
    const request = { service: healthServiceName };
    const reply = await callUnary(this, healthService.Check, request, { signal, timeoutMs });
    const { status } = reply as HealthCheckResponse;
    if (servingStatus[status] === 'SERVING') return;
    const answer = servingStatus[status] ?? `the unknown status ${status}`;
    throw new PluginUnhealthyError('PLUGIN_UNHEALTHY', `${this.name} reports its health as: ${answer}`, {
      phase: 'call',
      plugin: this.name,
      output: this.#output.tail(),
    });
  }

  reattachConfig(): ReattachConfig {
    const { protocolVersion, hostAddress, tls, multiplexing } = this.handshake;
    if (tls || multiplexing) {
      throw new PluginError(
        'PLUGIN_NOT_REATTACHABLE',
        `${this.name} can't be reattached: ${tls ? 'the keys of AutoMTLS never leave this host' : 'it accepts one connection only, because it multiplexes'}`,
        {
          phase: 'call',
          plugin: this.name,
          hint: `Start it with \`${tls ? 'autoMtls' : 'brokerMultiplex'}: false\`.`,
        },
      );
    }
    const pid = /^\d{1,10}$/.test(this.id ?? '') ? Number(this.id) : undefined;
    return { protocol: 'grpc', protocolVersion, address: hostAddress, pid, test: this.#detach !== undefined };
  }

  async stop(options: StopOptions = {}): Promise<PluginExit> {
    checkShape('plugin.stop', stopOptions, options);
    const { signal } = options;
    const stopListening = whenAborted(signal, () => {
      this.#hurry.abort();
    });
    try {
      const exit = await (this.#stopping ??= this.#stop(options));
      signal?.throwIfAborted();
      return exit;
    } finally {
      stopListening();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposing.once(() => this.#dispose());
  }

  /** @throws PluginExitedError when the plugin is known to have ended */
  channel(): Http2Channel {
    if (this.#exit) throw this.#exitedError('call', this.#exit, { reached: 'no' });
    return this.#connection.channel;
  }

  /**
   * Explains a failed call. One that failed because the plugin ended gets the exit; the connection usually breaks
   * first.
   */
  async explain(failure: CallFailure, method: string): Promise<Error> {
    if (mayBeLoss(failure) && (await this.#isLost())) {
      const exit = await within(exitWaitMs, this.exited);
      if (exit) {
        await within(outputWaitMs, this.#output.ended);
        const hint = await this.#runner.hintFor?.(this.#output.tail().stderr);
        return this.#exitedError('call', exit, { reached: reached(failure), hint });
      }
    }
    const output = this.#output.tail();
    const hint = await this.#runner.hintFor?.(failure.details);
    return callError(failure, method, { plugin: this.name, output, reached: reached(failure), hint });
  }

  async #isLost(): Promise<boolean> {
    if (this.#detach && this.#stopping) return false; // this side hung up, so there is no exit to wait for
    // The streams of a broken connection end before the channel is told: both happen in one turn.
    await new Promise(setImmediate);
    return this.#exit !== undefined || this.#stopping !== undefined || !this.#connection.intact;
  }

  #exitedError(
    phase: PluginPhase,
    exit: PluginExit,
    known: { readonly reached?: 'no' | undefined; readonly hint?: string | undefined },
  ): PluginExitedError {
    return exitedError(this.name, phase, exit, this.#output.tail(), known);
  }

  async #stop({ graceMs = 2_000, terminateMs = 0 }: StopOptions): Promise<PluginExit> {
    if (this.#detach) {
      await this.#connection.close('the plugin was left running');
      await this.#detach();
      return (
        this.#exit ?? { code: undefined, error: 'it was left running: whoever started it for tests ends it' }
      );
    }
    const deadline = Date.now() + graceMs;
    if (!this.#exit && graceMs > 0 && !this.#hurry.signal.aborted) await this.#askToEnd(deadline);
    if (!this.#exit) {
      await this.#runner.kill({ graceMs: this.#hurry.signal.aborted ? 0 : terminateMs });
    }
    const exit = (await within(killedWaitMs, this.exited)) ?? {
      code: undefined,
      error: `the plugin was killed, and was not seen to end within ${killedWaitMs} ms`,
    };
    await this.#connection.close('the plugin was stopped');
    await within(outputWaitMs, this.#output.ended);
    return exit;
  }

  async #askToEnd(deadline: number): Promise<void> {
    const { signal } = this.#hurry;
    this.#runner.askedToEnd?.();
    let stopListening: () => void = () => undefined;
    const hurried = new Promise<void>((resolve) => {
      stopListening = whenAborted(signal, resolve);
    });
    try {
      const left = (): number => Math.max(1, deadline - Date.now());
      const answer = await Promise.race([this.#connection.shutdown(left(), signal), this.exited, hurried]);
      // A plugin that can't be asked to end need not be waited for.
      if (answer !== 'unimplemented') await within(left(), Promise.race([this.exited, hurried]));
    } finally {
      stopListening();
    }
  }

  async #dispose(): Promise<void> {
    try {
      await this.stop();
    } catch (error) {
      await this.#connection.close('the plugin was disposed of');
      if (this.#detach) throw error;
    }
    // What could not be stopped, because its engine was away at that moment, is removed all the same.
    if (!this.#detach) await this.#runner[Symbol.asyncDispose]();
  }
}
