/**
 * Definitions of gRPC's server reflection, in both of its versions. Go plugins have v1alpha since go-plugin 1.2, v1
 * since grpc-go 1.57.
 */
import type { MethodDefinition } from '../service.ts';
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  type AnswerTo,
  type ReflectionQuestion,
} from './messages.ts';

export const reflectionVersions = ['v1', 'v1alpha'] as const;
export type ReflectionVersion = (typeof reflectionVersions)[number];

export function reflectionService(version: ReflectionVersion) {
  return {
    ServerReflectionInfo: {
      path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
      requestSerialize: encodeQuestion,
      requestDeserialize: decodeQuestion,
      responseSerialize: encodeAnswer,
      responseDeserialize: decodeAnswer,
    } satisfies MethodDefinition<ReflectionQuestion, AnswerTo>,
  } as const;
}
