/**
 * The library `@grpc/grpc-js`, which is loaded for those only who fill one of its servers themselves: it takes a good part
 * of a plugin's start.
 */
import type * as library from '@grpc/grpc-js';
import { createRequire } from 'node:module';

export type GrpcJs = typeof library;

export function grpcJs(): GrpcJs {
  return createRequire(import.meta.url)('@grpc/grpc-js') as GrpcJs;
}
