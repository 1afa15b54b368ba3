/** Definitions from .proto files: the same as those of `@grpc/proto-loader`. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load as loadByProtoLoader } from '@grpc/proto-loader';
import { loadProto, type MethodShape } from '../../src/goplugin/index.ts';

const proto = `
syntax = "proto3";
package try.v1;
import "google/protobuf/type.proto";
enum Colour { NONE = 0; RED = 1; }
message Inner { string name = 1; repeated int64 longs = 2; }
message Request {
  int64 long = 1; uint64 large = 2; bytes data = 3; Colour colour = 4; Inner inner = 5;
  map<string, Inner> by_name = 6; repeated Colour colours = 7; double ratio = 8;
  oneof choice { string text = 9; int32 whole = 10; }
  google.protobuf.Type type = 12; optional bool flag = 13;
  message Nested { bool deep = 1; }
  Nested nested = 14;
}
service HTTPThings {
  rpc GetV2Thing(Request) returns (Request);
  rpc watchAll(stream Request) returns (stream Request);
}`;

const messages: object[] = [
  {},
  { long: '-9007199254740993', large: '18446744073709551615', data: Buffer.from([0, 255]), colour: 'RED' },
  { inner: { name: 'ä', longs: [1, '2'] }, by_name: { a: { name: 'b' } }, colours: ['RED', 'NONE', 7] },
  { text: 'chosen', ratio: -0.5, flag: false, nested: { deep: true } },
  { whole: 3, type: { name: 't', syntax: 'SYNTAX_PROTO3' } },
  { data: Buffer.alloc(100_000, 'long') },
];

test('services are what proto-loader makes of the same file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'definitions-'));
  try {
    const path = join(folder, 'try.proto');
    await writeFile(path, proto);
    const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
    const theirs = (await loadByProtoLoader(path, options))['try.v1.HTTPThings'];
    const ours = (await loadProto(path))['try.v1.HTTPThings'];
    assert.deepEqual(Object.keys(ours ?? {}), Object.keys(theirs ?? {}));
    for (const name of ['GetV2Thing', 'watchAll']) {
      const [own, other] = [methodOf(ours, name), methodOf(theirs, name)];
      for (const key of ['path', 'requestStream', 'responseStream', 'originalName'] as const) {
        assert.equal(own[key], other[key], key);
      }
      for (const message of messages) {
        const bytes = other.requestSerialize(message as never);
        assert.ok(own.requestSerialize(message as never).equals(bytes));
        assert.ok(own.responseSerialize(message as never).equals(bytes));
        assert.deepEqual(own.requestDeserialize(bytes), other.requestDeserialize(bytes));
        assert.deepEqual(own.responseDeserialize(bytes), other.responseDeserialize(bytes));
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

function methodOf(service: unknown, name: string): MethodShape & { readonly originalName?: string } {
  const method = (service as Record<string, MethodShape> | undefined)?.[name];
  assert.ok(method, name);
  return method;
}
