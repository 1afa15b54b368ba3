import '../node-version.ts';
export { startPlugin } from './start.ts';
export { subprocessRunner } from './subprocess/runner.ts';
export type { SubprocessOptions } from './subprocess/options.ts';
export { reattachPlugin } from './reattach/reattach.ts';
export type { ReattachOptions } from './reattach/options.ts';
export { formatReattachConfig, parseReattachConfig, type ReattachConfig } from './reattach/config.ts';
export type { SecureConfig } from './subprocess/checked-file.ts';
export { serve } from './serve/serve.ts';
export type { ServeContext, ServeOptions, ServeTestOptions } from './serve/options.ts';
export { createLogger, type LogFields, type Logger, type LoggerOptions } from './serve/logger.ts';
export { loadProto, ProtoError, type LoadProtoOptions } from './load-proto.ts';
export {
  formatHandshakeLine,
  HandshakeLineError,
  parseHandshakeLine,
  type HandshakeExpectations,
  type HandshakeLine,
} from './handshake/line.ts';
export type { Reflection } from './reflection/client.ts';
export { StatusError, type StatusName } from './grpc/status.ts';
export {
  BrokerError,
  HandshakeError,
  PluginCallError,
  PluginError,
  PluginExitedError,
  PluginStartError,
  PluginStartTimeoutError,
  PluginUnhealthyError,
  ReflectionError,
  ReflectionLimitError,
  type OutputTail,
  type PluginErrorOptions,
  type PluginPhase,
} from './errors.ts';
export type {
  MagicCookie,
  NegotiatedHandshake,
  OutputChunk,
  Plugin,
  StartPluginOptions,
  StopOptions,
} from './plugin.ts';
export type { MaxMessageBytes } from './limits.ts';
export type { Broker, BrokeredConnection, BrokeredServer, Servable } from './broker/broker.ts';
export type { LogEntry, LogLevel } from './output/log-entry.ts';
export { cleanupEnded } from './pending-cleanups.ts';
export type {
  Diagnosis,
  MakeSocket,
  OutputGap,
  PluginAddress,
  PluginExit,
  PluginRunner,
  RunnerFactory,
  SocketPurpose,
} from './runner.ts';
export type {
  BidiStreamCall,
  CallContext,
  CallMetadata,
  CallOptions,
  ClientFor,
  ClientMaker,
  ClientStreamCall,
  DynamicCall,
  DynamicService,
  ImplementationFor,
  Messages,
  MethodDefinition,
  MethodShape,
  ProtoMessage,
  ServedService,
  ServerStreamCall,
  ServiceDefinition,
  UnaryCall,
} from './service.ts';
export { service } from './define-service.ts';
