/** The services that every go-plugin server has, as definitions. */
import type { MethodDefinition } from '../service.ts';
import {
  decodeConnInfo,
  decodeEmpty,
  decodeHealthCheckRequest,
  decodeHealthCheckResponse,
  decodeStdioData,
  encodeConnInfo,
  encodeEmpty,
  encodeHealthCheckRequest,
  encodeHealthCheckResponse,
  encodeStdioData,
  type ConnInfo,
  type Empty,
  type HealthCheckRequest,
  type HealthCheckResponse,
  type StdioData,
} from './messages.ts';

/** The name under which a plugin's health is asked for (go-plugin: GRPCServiceName). */
export const healthServiceName = 'plugin';

export const healthService = {
  Check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: encodeHealthCheckRequest,
    requestDeserialize: decodeHealthCheckRequest,
    responseSerialize: encodeHealthCheckResponse,
    responseDeserialize: decodeHealthCheckResponse,
  } satisfies MethodDefinition<HealthCheckRequest, HealthCheckResponse>,
} as const;

export const controllerService = {
  Shutdown: {
    path: '/plugin.GRPCController/Shutdown',
    requestStream: false,
    responseStream: false,
    requestSerialize: encodeEmpty,
    requestDeserialize: decodeEmpty,
    responseSerialize: encodeEmpty,
    responseDeserialize: decodeEmpty,
  } satisfies MethodDefinition<Empty, Empty>,
} as const;

export const stdioService = {
  StreamStdio: {
    path: '/plugin.GRPCStdio/StreamStdio',
    requestStream: false,
    responseStream: true,
    requestSerialize: encodeEmpty,
    requestDeserialize: decodeEmpty,
    responseSerialize: encodeStdioData,
    responseDeserialize: decodeStdioData,
  } satisfies MethodDefinition<Empty, StdioData>,
} as const;

export const brokerService = {
  StartStream: {
    path: '/plugin.GRPCBroker/StartStream',
    requestStream: true,
    responseStream: true,
    requestSerialize: encodeConnInfo,
    requestDeserialize: decodeConnInfo,
    responseSerialize: encodeConnInfo,
    responseDeserialize: decodeConnInfo,
  } satisfies MethodDefinition<ConnInfo, ConnInfo>,
} as const;
