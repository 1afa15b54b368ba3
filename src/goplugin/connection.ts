/**
 * The host's main connection to a plugin: the channel for calls, and the two streams that live as long as it does,
 * the broker's and that of the plugin's prints.
 */
import { connectivityState, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import type { BrokerSide } from './broker/socket-broker.ts';
import { SocketBroker } from './broker/socket-broker.ts';
import { openChannel } from './grpc/channel.ts';
import { callUnary, type CallTarget } from './grpc/calls.ts';
import { statusName } from './grpc/status.ts';
import type { PluginOutput } from './output/plugin-output.ts';
import type { PluginAddress } from './runner.ts';
import type { ConnInfo, StdioData } from './wire/messages.ts';
import { stdioChannel } from './wire/messages.ts';
import { brokerService, controllerService, stdioService } from './wire/services.ts';

/** The first connection failed; `message` is the transport's own text. */
export class ConnectFailure extends Error {}

export class Connection {
  readonly broker: SocketBroker;
  readonly client: Client;
  readonly inProgress = new Set<{ cancel(): void }>();
  /** Resolves when the plugin's prints have ended: everything that it sent has been heard. */
  readonly printsEnded: Promise<void>;
  readonly #streams: { cancel(): void }[] = [];
  #failed: (failure: ServiceError) => void = () => undefined;

  constructor(address: PluginAddress, side: BrokerSide, output: PluginOutput) {
    this.client = openChannel(address, side.tls);
    this.broker = this.#openBroker(side);
    this.printsEnded = this.#openStdio(output);
  }

  /** Resolves when the plugin has accepted the connection. @throws ConnectFailure when the first attempt fails */
  async ready(): Promise<void> {
    const channel = this.client.getChannel();
    await new Promise<void>((resolve, reject) => {
      this.#failed = (failure) => {
        reject(new ConnectFailure(failure.details));
      };
      const look = (): void => {
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) resolve();
        else if (state === connectivityState.SHUTDOWN)
          reject(new ConnectFailure('the connection was closed'));
        // A watch ends with the channel too, and then with an error that says nothing more.
        else channel.watchConnectivityState(state, Infinity, look);
      };
      look();
    });
  }

  /** False once the connection is known to be gone. */
  get intact(): boolean {
    return this.client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Asks the plugin to end. The usual answer is that the connection breaks, which counts as heard. */
  async shutdown(timeoutMs: number, signal?: AbortSignal): Promise<'heard' | 'unimplemented'> {
    const target: CallTarget = {
      channel: () => this.client,
      inProgress: this.inProgress,
      explain: (failure) => Promise.resolve(failure),
    };
    try {
      await callUnary(target, controllerService.Shutdown, {}, { timeoutMs, signal });
      return 'heard';
    } catch (error) {
      return statusName(Number((error as Partial<ServiceError>).code)) === 'UNIMPLEMENTED'
        ? 'unimplemented'
        : 'heard';
    }
  }

  /** Ends every call, stream, offer and brokered connection. Idempotent. */
  async close(because: string): Promise<void> {
    await this.broker.close(because);
    for (const call of [...this.#streams, ...this.inProgress]) call.cancel();
    this.client.close();
  }

  /**
   * Opened once and never again: for a plugin, the end of its first stream is the end of its broker
   * (go-plugin: grpc_broker.go). So it also tells when the connection is lost.
   */
  #openBroker(side: BrokerSide): SocketBroker {
    const { path, requestSerialize, responseDeserialize } = brokerService.StartStream;
    const stream = this.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new Metadata(),
    );
    this.#streams.push(stream);
    const broker = new SocketBroker(side, (info) => {
      if (stream.writable) stream.write(info);
    });
    stream.on('data', (info: ConnInfo) => {
      broker.receive(info);
    });
    stream.on('error', (failure: ServiceError) => {
      this.#failed(failure);
      void broker.close(failure.details);
    });
    stream.on('end', () => void broker.close('the plugin ended its stream'));
    return broker;
  }

  /** Opened at once: a plugin that prints more than its pipe holds would wait for a reader. */
  #openStdio(output: PluginOutput): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = stdioService.StreamStdio;
    const stream = this.client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      new Metadata(),
    );
    this.#streams.push(stream);
    stream.on('data', ({ channel, data }: StdioData) => {
      if (channel === stdioChannel.stdout) output.printed('stdout', data);
      if (channel === stdioChannel.stderr) output.printed('stderr', data);
    });
    return new Promise((resolve) => {
      stream.on('end', resolve);
      // Plugins before go-plugin 1.1 have no such stream, and losing it loses prints, nothing else.
      stream.on('error', () => {
        resolve();
      });
    });
  }
}
