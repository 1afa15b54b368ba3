/**
 * The messages of gRPC's server reflection (grpc/reflection/v1/reflection.proto), as far as services are concerned:
 * extensions of proto2 are left out. v1 and v1alpha are the same on the wire.
 */
import {
  bytesField,
  fieldBytes,
  fieldNumber,
  readFields,
  varintField,
  type WireField,
} from '../wire/protobuf.ts';
import type { Budget } from './budget.ts';

/** One request. `unknown`: a request that this implementation does not know. */
export type ReflectionQuestion =
  | { readonly kind: 'listServices' }
  | { readonly kind: 'fileByName' | 'fileContainingSymbol'; readonly name: string }
  | { readonly kind: 'unknown' };

export type ReflectionAnswer =
  | { readonly kind: 'services'; readonly names: readonly string[] }
  /** `google.protobuf.FileDescriptorProto`, encoded: the file asked for, and perhaps what it imports. */
  | { readonly kind: 'files'; readonly files: readonly Buffer[] }
  /** An error, whose `status` is a gRPC status code. */
  | { readonly kind: 'error'; readonly status: number; readonly message: string }
  | { readonly kind: 'unknown' };

/** Field numbers. */
const request = { fileByName: 3, fileContainingSymbol: 4, listServices: 7 } as const;
const response = { question: 2, files: 4, services: 6, error: 7 } as const;

export function encodeQuestion(question: ReflectionQuestion): Buffer {
  switch (question.kind) {
    case 'listServices':
      return bytesField(request.listServices, '*');
    case 'fileByName':
    case 'fileContainingSymbol':
      return bytesField(request[question.kind], question.name, true);
    case 'unknown':
      return Buffer.alloc(0);
  }
}

export function decodeQuestion(message: Uint8Array): ReflectionQuestion {
  for (const field of readFields(message)) {
    if (field.number === request.listServices) return { kind: 'listServices' };
    if (field.number === request.fileByName) return { kind: 'fileByName', name: text(field) };
    if (field.number === request.fileContainingSymbol)
      return { kind: 'fileContainingSymbol', name: text(field) };
  }
  return { kind: 'unknown' };
}

/** @param question the request, repeated in the answer as the protocol demands */
export function encodeAnswer({ answer, question }: AnswerTo): Buffer {
  return Buffer.concat([bytesField(response.question, encodeQuestion(question), true), encodeBody(answer)]);
}

export interface AnswerTo {
  readonly question: ReflectionQuestion;
  readonly answer: ReflectionAnswer;
}

function encodeBody(answer: ReflectionAnswer): Buffer {
  switch (answer.kind) {
    case 'services': {
      const entries = answer.names.map((name) => bytesField(1, bytesField(1, name), true));
      return bytesField(response.services, Buffer.concat(entries), true);
    }
    case 'files': {
      const files = answer.files.map((file) => bytesField(1, file, true));
      return bytesField(response.files, Buffer.concat(files), true);
    }
    case 'error': {
      const body = Buffer.concat([varintField(1, answer.status), bytesField(2, answer.message)]);
      return bytesField(response.error, body, true);
    }
    case 'unknown':
      return Buffer.alloc(0);
  }
}

/** @throws RangeError when the bytes are not an answer; LimitExceeded */
export function decodeAnswer(message: Uint8Array, budget?: Budget): AnswerTo {
  let question: ReflectionQuestion = { kind: 'unknown' };
  let answer: ReflectionAnswer = { kind: 'unknown' };
  for (const field of readFields(message)) {
    budget?.spend('parts');
    if (field.kind !== 'bytes') continue;
    if (field.number === response.question) question = decodeQuestion(field.value);
    if (field.number === response.files) answer = { kind: 'files', files: parts(field.value, budget) };
    if (field.number === response.services) {
      const names = parts(field.value, budget).map((value) => textOf(value, 1));
      budget?.check('services', names.length);
      for (const name of names) budget?.check('nameLength', name.length);
      answer = { kind: 'services', names };
    }
    if (field.number === response.error) {
      const [code, details] = [fieldNumber(field.value, 1), textOf(field.value, 2)];
      answer = { kind: 'error', status: code, message: details };
    }
  }
  return { question, answer };
}

/** Returns the messages or bytes of field 1 within a field. */
function parts(bytes: Buffer, budget: Budget | undefined): Buffer[] {
  const found: Buffer[] = [];
  for (const field of readFields(bytes)) {
    budget?.spend('parts');
    if (field.number === 1 && field.kind === 'bytes') found.push(field.value);
  }
  return found;
}

function textOf(message: Buffer, number: number): string {
  return fieldBytes(message, number).toString('utf8');
}

function text(field: WireField): string {
  return field.kind === 'bytes' ? field.value.toString('utf8') : '';
}
