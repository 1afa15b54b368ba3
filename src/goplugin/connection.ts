/**
 * The host's main connection to a plugin: the channel for calls, and two streams that live as long as the connection,
 * one for the broker and one for what the plugin prints.
 */
import type { BrokerEnd } from './broker/broker.ts';
import { Outgoing } from './broker/outgoing.ts';
import type { CallFailure } from './grpc/client/call-end.ts';
import { callUnary, type CallTarget } from './grpc/client/calls.ts';
import { CallsInProgress } from './grpc/client/calls-in-progress.ts';
import type { Http2Channel } from './grpc/client/http2-channel.ts';
import { openStream } from './grpc/client/open-stream.ts';
import { statusName } from './grpc/status.ts';
import type { PluginOutput } from './output/plugin-output.ts';
import type { Transport } from './transport.ts';
import { encodeEmpty, stdioChannel } from './wire/messages.ts';
import { brokerService, controllerService, stdioService } from './wire/services.ts';

/** The first connection failed; `message` is the transport's own text. */
export class ConnectFailure extends Error {}

export class Connection {
  readonly broker: BrokerEnd;
  readonly channel: Http2Channel;
  readonly inProgress = new CallsInProgress();
  /** Resolves when the stream of the plugin's prints has ended: everything that the plugin sent has been heard. */
  readonly printsEnded: Promise<void>;
  readonly #transport: Transport;
  /** Resolves when the connection is gone, or was closed. */
  readonly lost: Promise<void>;
  #onLost: () => void = () => undefined;
  readonly #streams: { cancel(): void }[] = [];

  constructor(transport: Transport, output: PluginOutput) {
    this.channel = transport.channel;
    this.#transport = transport;
    this.lost = new Promise((resolve) => {
      this.#onLost = resolve;
    });
    this.broker = this.#openBroker();
    this.printsEnded = this.#openStdio(output);
  }

  /** Resolves when the plugin has accepted the connection. @throws ConnectFailure when the first attempt fails */
  async ready(): Promise<void> {
    try {
      await this.channel.ready();
    } catch (error) {
      throw new ConnectFailure((error as Error).message);
    }
    void this.channel.unready().then(this.#onLost);
  }

  /** False once the connection is known to be gone. */
  get intact(): boolean {
    return this.channel.isReady;
  }

  /** Asks the plugin to end. The usual answer is that the connection breaks, which counts as heard. */
  async shutdown(timeoutMs: number, signal?: AbortSignal): Promise<'heard' | 'unimplemented'> {
    const target: CallTarget = {
      channel: () => this.channel,
      inProgress: this.inProgress,
      explain: (failure) => Promise.resolve(failure),
    };
    try {
      await callUnary(target, controllerService.Shutdown, {}, { timeoutMs, signal });
      return 'heard';
    } catch (error) {
      return statusName(Number((error as Partial<CallFailure>).code)) === 'UNIMPLEMENTED'
        ? 'unimplemented'
        : 'heard';
    }
  }

  /** Ends every call, stream, offer and brokered connection. Idempotent. */
  async close(because: string): Promise<void> {
    this.#onLost();
    await this.broker.close(because);
    for (const call of [...this.#streams, ...this.inProgress]) call.cancel();
    this.channel.close();
    this.#transport.close();
  }

  /**
   * Opens the broker's stream once and never again: for a plugin, the end of its first stream is the end of its broker
   * (go-plugin: grpc_broker.go). Plugins in other languages may have no broker at all.
   */
  #openBroker(): BrokerEnd {
    const stream = openStream(this.channel, brokerService.StartStream, {
      message: (info) => {
        broker.receive(info);
      },
      ended: (failure) => {
        void broker.close(failure?.details ?? 'the plugin ended its stream');
      },
    });
    this.#streams.push(stream);
    const outgoing = new Outgoing(stream, (why) => {
      void broker.close(why);
      stream.cancel();
    });
    const broker: BrokerEnd = this.#transport.broker((info) => {
      outgoing.send(info);
    });
    return broker;
  }

  /** Opens the stream of prints at once: a plugin that prints more than its pipe holds would wait for a reader. */
  #openStdio(output: PluginOutput): Promise<void> {
    return new Promise((resolve) => {
      const method = stdioService.StreamStdio;
      const stream = openStream(this.channel, method, {
        message: ({ channel, data }) => {
          if (channel === stdioChannel.stdout) output.printed('stdout', data);
          if (channel === stdioChannel.stderr) output.printed('stderr', data);
        },
        ended: (failure) => {
          // Plugins before go-plugin 1.1 have no such stream. When it is lost, prints are lost and nothing else.
          if (failure?.limit !== undefined) output.notRead(failure.details);
          resolve();
        },
      });
      this.#streams.push(stream);
      stream.send(encodeEmpty(), true);
    });
  }
}
