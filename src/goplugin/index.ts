export { startPlugin } from './start.ts';
export {
  PluginCallError,
  PluginError,
  PluginExitedError,
  PluginStartTimeoutError,
  type OutputTail,
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
export type { Broker, BrokeredConnection, BrokeredServer, Servable } from './broker/broker.ts';
export type { LogEntry, LogLevel } from './output/log-entry.ts';
export type { Diagnosis, PluginAddress, PluginExit, PluginRunner, RunnerFactory } from './runner.ts';
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
export { service } from './service.ts';
