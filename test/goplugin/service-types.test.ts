/** What the compiler knows of a service; the compiler itself is the judge, and this file must pass it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  service,
  type ClientFor,
  type DynamicService,
  type MethodDefinition,
} from '../../src/goplugin/index.ts';

interface Question {
  readonly key: string;
}
interface Answer {
  readonly value: bigint;
}

const method = <Many extends boolean, Back extends boolean>(name: string, many: Many, back: Back) => ({
  path: `/test.Service/${name}`,
  requestStream: many,
  responseStream: back,
  requestSerialize: ({ key }: Question): Buffer => Buffer.from(key),
  requestDeserialize: (bytes: Buffer): Question => ({ key: bytes.toString() }),
  responseSerialize: ({ value }: Answer): Buffer => Buffer.from(String(value)),
  responseDeserialize: (bytes: Buffer): Answer => ({ value: BigInt(bytes.toString()) }),
});

const typed = {
  Ask: method('Ask', false, false),
  Watch: method('Watch', false, true),
  Tell: method('Tell', true, false),
  Talk: method('Talk', true, true),
} satisfies Record<string, MethodDefinition<Question, Answer>>;

test('gives the functions of an implementation the types of the definition', () => {
  service(typed, {
    ask: ({ key }, { signal }) => {
      exact<string>(key);
      exact<boolean>(signal.aborted);
      return { value: 1n };
    },
    *watch({ key }) {
      exact<string>(key);
      yield { value: 1n };
    },
    tell: async (questions) => {
      for await (const { key } of questions) exact<string>(key);
      return { value: 1n };
    },
    async *Talk(questions) {
      for await (const { key } of questions) yield { value: BigInt(exact<string>(key)) };
    },
  });
  // @ts-expect-error -- the answer is of another type
  service(typed, { ask: () => ({ value: 'one' }) });
  // @ts-expect-error -- no such method
  service(typed, { answer: () => ({ value: 1n }) });
});

test('gives a client the types of the definition', () => {
  const use = async (client: ClientFor<typeof typed>): Promise<void> => {
    exact<bigint>((await client.ask({ key: 'a' })).value);
    for await (const { value } of client.Watch({ key: 'a' })) exact<bigint>(value);
    exact<bigint>((await client.tell([{ key: 'a' }])).value);
    for await (const { value } of client.talk([{ key: 'a' }], { timeoutMs: 1 })) exact<bigint>(value);
    // @ts-expect-error -- a question has a key
    await client.ask({});
  };
  assert.equal(typeof use, 'function');
});

test('lets an implementation of a service read at run time name its own types', () => {
  const dynamic: DynamicService = {};
  const served = service(dynamic, {
    get: ({ key }: { key: string }) => ({ value: key }),
    async *list(requests: AsyncIterable<{ prefix: string }>) {
      for await (const { prefix } of requests) yield { prefix };
    },
  });
  assert.equal(served.definition, dynamic);
});

/** Compiles when its argument has this type, and no wider one. */
function exact<T>(value: T): T {
  return value;
}
