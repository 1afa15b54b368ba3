/** Exports for other rooms that are not part of the public API. This file is no entry point, and may change at any time. */
export { plainOutput } from './errors.ts';
export { hintOfMemory } from './exit.ts';
export { callByName, wantedCall, type Callable, type WantedCall } from './reflection/call-by-name.ts';
export { LineSplitter } from './output/lines.ts';
export { causeIn, crashBegin } from './output/cause.ts';
export { KeptOutput } from './output/kept-output.ts';
export { servicesOf } from './load-proto.ts';
export * as der from './tls/der.ts';
export { derToPem } from './tls/identity.ts';
export { startOf, type StartUnary } from './grpc/client/unary-start.ts';
export { bytesMethod } from './wire/bytes-method.ts';
export { bytesField, fieldBytes, fieldNumber, varintField } from './wire/protobuf.ts';
export {
  abortOptions,
  callOptionChecks,
  callOptions,
  serviceDefinition,
  timedOptions,
} from './call-options.ts';
export {
  magicCookieChecks,
  maxMessageBytes,
  pluginOptionChecks,
  protocolVersionChecks,
} from './start-options.ts';
