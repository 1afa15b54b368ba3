/** Promise clients from service definitions. */
import { InvalidOptionError } from '../../../errors.ts';
import { serviceDefinition } from '../../call-options.ts';
import type { CallOptions, ClientMaker, MethodShape, Messages, ServiceDefinition } from '../../service.ts';
import {
  callBidiStream,
  callClientStream,
  callServerStream,
  callUnary,
  startUnary,
  type CallTarget,
} from './calls.ts';
import { noteStart } from './unary-start.ts';

/** Makes clients over one channel. */
export function clientMaker(target: CallTarget): ClientMaker {
  return ((service: ServiceDefinition) => makeClient(target, service)) as ClientMaker;
}

type Call = (request: unknown, options?: CallOptions) => unknown;

function makeClient(
  target: CallTarget,
  service: ServiceDefinition | undefined,
): Readonly<Record<string, Call>> {
  if (service === undefined || serviceDefinition(service, 'client') !== undefined) {
    throw new InvalidOptionError('service', 'is not a service definition', {
      hint: 'Pass the definition of one service: `loadProto(...)["package.Service"]`, or `Client.service` of generated code.',
    });
  }
  const client: Record<string, Call> = {};
  for (const [name, method] of Object.entries(service)) {
    const call = makeCall(target, method);
    client[name] = call;
    client[lowerFirst(name)] = call;
  }
  return client;
}

function makeCall(target: CallTarget, method: MethodShape): Call {
  if (method.requestStream) {
    const call = method.responseStream ? callBidiStream : callClientStream;
    return (requests, options) => call(target, method, requests as Messages<unknown>, options);
  }
  if (method.responseStream) return (request, options) => callServerStream(target, method, request, options);
  const call: Call = (request, options) => callUnary(target, method, request, options);
  noteStart(call, (request, options, replied, failed) => {
    startUnary(target, method, request, options, replied, failed);
  });
  return call;
}

/** `GetValue` -> `getValue` */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
