/** One gRPC connection to a go-plugin server. */
import { Client, type ChannelOptions } from '@grpc/grpc-js';
import type { PluginAddress } from '../runner.ts';
import { certificateName, type MutualTls } from '../tls/identity.ts';
import { clientCredentials } from './credentials.ts';

/** Opens a channel, which connects with its first call. `close()` it. */
export function openChannel(address: PluginAddress, tls: MutualTls | undefined): Client {
  const target = address.network === 'unix' ? `unix:${address.address}` : `dns:${address.address}`;
  return new Client(target, clientCredentials(tls), channelOptions);
}

/** Plugins may send messages of any size (go-plugin: dialGRPCConn); gRPC's own default is 4 MiB. */
const unlimited = -1;
/** The longest that a timer can be set to: in effect never. */
const never = 2_147_483_647;

const channelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': unlimited,
  'grpc.max_send_message_length': unlimited,
  // A proxy of the host's environment is no way to a plugin.
  'grpc.enable_http_proxy': 0,
  // Two connections to one address are to be two connections.
  'grpc.use_local_subchannel_pool': 1,
  // A brokered service can be dialled once: an idle connection must not be given up.
  'grpc.client_idle_timeout_ms': never,
  // A call must never reach a plugin twice.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
  // The name in every go-plugin certificate, and the authority for addresses that have no name.
  'grpc.ssl_target_name_override': certificateName,
  'grpc.default_authority': certificateName,
  // No keep-alive pings: Go's servers end connections that ping more often than every five minutes.
};
