/** The host's end of the broker: where its sockets are, and how addresses are translated. */
import type { BrokerSide } from './broker/socket-broker.ts';
import { BrokerError } from './errors.ts';
import type { PluginRunner } from './runner.ts';
import type { MutualTls } from './tls/identity.ts';

export function hostSide(
  runner: PluginRunner,
  tls: MutualTls | undefined,
  explain: BrokerSide['explain'],
  maxMessageBytes?: number,
): BrokerSide {
  return {
    tls,
    explain,
    maxMessageBytes,
    makeSocket: runner.makeSocket,
    reach: (address) => runner.pluginToHost(address),
    socketDirectory: () => {
      if (runner.socketDirectory !== undefined) return runner.socketDirectory;
      throw new BrokerError(
        'BROKER_LISTEN_FAILED',
        `${runner.name} shares no directory for sockets with the host`,
      );
    },
    withdraw: (path) => {
      runner.withdrawSocket?.(path).catch(() => undefined); // the socket goes with the directory
    },
    share: async (path) => {
      await runner.shareSocket(path);
      return runner.hostToPlugin({ network: 'unix', address: path });
    },
  };
}
