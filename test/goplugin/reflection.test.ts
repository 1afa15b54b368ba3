/** Calls without a .proto file: what a plugin says of its own services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadProto, ReflectionError, service } from '../../src/goplugin/index.ts';
import { reflection } from '../../src/goplugin/reflection/client.ts';
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
} from '../../src/goplugin/reflection/messages.ts';
import type { ReflectionAnswer, ReflectionQuestion } from '../../src/goplugin/reflection/messages.ts';
import { reflectionServices } from '../../src/goplugin/reflection/server.ts';
import { reflectionService, reflectionVersions } from '../../src/goplugin/reflection/services.ts';
import { goExample, goOnThePath, goPluginVersions, noGo } from '../plugins/go-programs.ts';
import { probe } from './fixtures/protos.ts';
import { serveToTarget, writeProto } from './fixtures/reflected.ts';
import { leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 60_000 };

test(
  'a plugin in TypeScript lists its services and describes them well enough to be called',
  limits,
  async (t) => {
    await leavingNothing(t, async ({ startFixture }) => {
      await using plugin = await startFixture();
      const names = await plugin.reflection.services();
      for (const name of [
        'probe.Probe',
        'proto.KV',
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        'plugin.GRPCBroker',
      ]) {
        assert.ok(names.includes(name), `${name} is listed`);
      }
      const client = plugin.client(await plugin.reflection.service('probe.Probe'));
      assert.deepEqual(await client['echo']?.({ text: 'seen', data: Buffer.from('x') }), {
        text: 'seen',
        data: Buffer.from('x'),
      });
      const counted: unknown[] = [];
      for await (const { value } of client['Count']?.({ value: 3 }) ?? []) counted.push(value);
      assert.deepEqual(counted, ['1', '2', '3']);
    });
  },
);

test('names the services there are when the one asked for is not among them', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    await assert.rejects(plugin.reflection.service('proto.Kv'), (error) => {
      assert.ok(error instanceof ReflectionError);
      assert.equal(error.code, 'REFLECTION_NO_SERVICE');
      assert.match(error.hint ?? '', /proto\.KV/);
      return true;
    });
  });
});

test('says of a service that is served without a description that it has none', limits, async (t) => {
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    await assert.rejects(plugin.reflection.service('plugin.GRPCBroker'), {
      code: 'REFLECTION_FAILED',
      message: /NOT_FOUND/,
    });
  });
});

for (const version of goPluginVersions) {
  test(
    `calls a plugin in Go by its own description: go-plugin ${version}`,
    { timeout: 180_000 },
    async (t) => {
      if (goOnThePath() === undefined) {
        t.skip(noGo);
        return;
      }
      const command = await goExample('kv', version);
      await leavingNothing(t, async ({ start }) => {
        await using plugin = await start(command);
        assert.ok((await plugin.reflection.services()).includes('proto.KV'));
        const kv = plugin.client(await plugin.reflection.service('proto.KV'));
        assert.deepEqual(await kv['Put']?.({ key: 'a', value: Buffer.from('b') }), {});
        const reply = await kv['Get']?.({ key: 'a' });
        assert.match(String(reply?.['value']), /^b/);
      });
    },
  );
}

test('describes files that import others, maps, enums and nested messages', limits, async () => {
  await using proto = await writeProto({
    'main.proto': `
      syntax = "proto3";
      package shop.v1;
      import "things.proto";
      import "google/protobuf/timestamp.proto";
      service Shop { rpc Buy(Order) returns (Order); }
      message Order {
        enum State { OPEN = 0; PAID = 1; }
        message Line { things.Thing thing = 1; sint64 count = 2; }
        State state = 1;
        repeated Line lines = 2;
        map<string, Line> by_name = 3;
        google.protobuf.Timestamp at = 4;
        oneof paid_by { string card_number = 5; bytes token = 6; }
        optional bool gift = 7;
        repeated int32 codes = 8;
      }`,
    'things.proto': 'syntax = "proto3"; package things; message Thing { string name = 1; fixed32 id = 2; }',
  });
  const { 'shop.v1.Shop': shop = {} } = await loadProto(proto.path('main.proto'));
  const order = {
    state: 'PAID',
    lines: [{ thing: { name: 'book', id: 7 }, count: '-3' }],
    by_name: { book: { thing: { name: 'book', id: 7 }, count: '2' } },
    at: { seconds: '1', nanos: 2 },
    token: Buffer.from('t'),
    paid_by: 'token',
    gift: true,
    _gift: 'gift',
    codes: [1, -2, 3],
  };
  const services = [
    service(shop, { buy: (request: Record<string, unknown>) => request }),
    ...reflectionServices(() => [shop]),
  ];
  await using server = await serveToTarget(services);
  const definition = await reflection(server.target, 'the shop').service('shop.v1.Shop');
  const buy = definition['Buy'];
  assert.ok(buy);
  assert.deepEqual(buy.responseDeserialize(buy.responseSerialize(order)), order);
  // The same bytes by either definition.
  assert.deepEqual(buy.requestSerialize(order), shop['Buy']?.requestSerialize(order));
});

const lies: readonly (readonly [what: string, answer: ReflectionAnswer, code: string])[] = [
  ['no descriptor', { kind: 'files', files: [Buffer.from('garbage')] }, 'REFLECTION_FAILED'],
  ['nothing', { kind: 'files', files: [] }, 'REFLECTION_NO_SERVICE'],
  ['an answer to another question', { kind: 'unknown' }, 'REFLECTION_NO_SERVICE'],
  ['a file without the service', { kind: 'files', files: [fileNamed('a.proto')] }, 'REFLECTION_NO_SERVICE'],
  [
    'a file that imports what never comes',
    { kind: 'files', files: [fileNamed('a', 'b')] },
    'REFLECTION_FAILED',
  ],
  ['files without end', { kind: 'files', files: manyFiles(2_000) }, 'REFLECTION_FAILED'],
  ['messages nested without end', { kind: 'files', files: [nestedFile(5_000)] }, 'REFLECTION_FAILED'],
];

for (const [what, answer, code] of lies) {
  test(`is not misled by a plugin that answers with ${what}`, limits, async () => {
    await using server = await serveToTarget([answering(answer)]);
    await assert.rejects(reflection(server.target, 'the liar').service('a.B'), (error) => {
      assert.ok(error instanceof ReflectionError, String(error));
      assert.equal(error.code, code);
      assert.ok(error.message.length < 500);
      return true;
    });
  });
}

test('says so when a plugin has no reflection at all', limits, async () => {
  await using server = await serveToTarget([service(await probe(), {})]);
  await assert.rejects(reflection(server.target, 'the plugin').services(), {
    code: 'REFLECTION_UNAVAILABLE',
    hint: /loadProto/,
  });
});

test('reads back every question and answer that it writes', () => {
  const questions: ReflectionQuestion[] = [
    { kind: 'listServices' },
    { kind: 'fileByName', name: 'a.proto' },
    { kind: 'fileContainingSymbol', name: '' },
    { kind: 'unknown' },
  ];
  for (const question of questions) assert.deepEqual(decodeQuestion(encodeQuestion(question)), question);
  const answers: ReflectionAnswer[] = [
    { kind: 'services', names: ['a.B', 'c'] },
    { kind: 'files', files: [Buffer.from('x'), Buffer.alloc(0)] },
    { kind: 'error', status: 5, message: 'not here' },
  ];
  for (const answer of answers) {
    const question: ReflectionQuestion = { kind: 'fileByName', name: 'f' };
    assert.deepEqual(decodeAnswer(encodeAnswer({ question, answer })), { question, answer });
  }
});

function answering(answer: ReflectionAnswer) {
  const [version] = reflectionVersions;
  return service(reflectionService(version), {
    serverReflectionInfo: async function* (questions: AsyncIterable<ReflectionQuestion>) {
      for await (const question of questions) yield { question, answer };
    },
  });
}

function fileNamed(name: string, imported?: string): Buffer {
  const fields = [lengthDelimited(1, Buffer.from(name))];
  if (imported !== undefined) fields.push(lengthDelimited(3, Buffer.from(imported)));
  return Buffer.concat(fields);
}

function manyFiles(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => fileNamed(`file${index}`));
}

function nestedFile(depth: number): Buffer {
  let message = lengthDelimited(1, Buffer.from('M'));
  for (let level = 0; level < depth; level += 1) {
    message = Buffer.concat([lengthDelimited(1, Buffer.from('M')), lengthDelimited(3, message)]);
  }
  return Buffer.concat([fileNamed('deep'), lengthDelimited(4, message)]);
}

function lengthDelimited(number: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of((number << 3) | 2, ...length, rest), bytes]);
}
