import type { MethodDefinition } from '../service.ts';

/** A unary method whose messages stay as bytes: messages with few fields need no codec. */
export type BytesMethod = MethodDefinition<Buffer, Buffer> & {
  readonly requestStream: false;
  readonly responseStream: false;
};

/** @param path `/package.Service/Method` */
export function bytesMethod(path: string): BytesMethod {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}
