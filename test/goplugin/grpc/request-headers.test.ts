/** The headers with which a call begins. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RequestHeaders } from '../../../src/goplugin/grpc/client/request-headers.ts';
import { HpackDecoder } from '../../../src/goplugin/http2/hpack-decoder.ts';
import { HpackEncoder, type CommonFields } from '../../../src/goplugin/http2/hpack-encoder.ts';

it('say where the call goes and that it is gRPC, before its metadata', () => {
  for (const [scheme, authority] of [
    ['http', 'localhost'],
    ['https', 'plugin'],
  ] as const) {
    const headers = new RequestHeaders(scheme, authority);
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder({ bytes: 10_000, fields: 100 });
    const fieldsOf = (path: string, others: string[]) =>
      decoder.decode(headers.block(encoder, path, others))?.fields;
    for (const path of ['/a.B/C', '/a.B/D', '/a.B/C']) {
      assert.deepEqual(fieldsOf(path, ['x-a', 'b', 'grpc-timeout', '5m']), [
        ...[':method', 'POST', ':scheme', scheme, ':path', path, ':authority', authority],
        ...['te', 'trailers', 'content-type', 'application/grpc', 'user-agent', 'bulkhead'],
        ...['x-a', 'b', 'grpc-timeout', '5m'],
      ]);
      assert.equal(fieldsOf(path, [])?.length, 14);
    }
  }
});

it('are kept ready for 1,024 paths, and for no more', () => {
  const headers = new RequestHeaders('http', 'localhost');
  // The encoder finds the block of fields that are the same ones again.
  let given: CommonFields | undefined;
  const encoder = {
    encode: (common: CommonFields) => {
      given = common;
      return Buffer.alloc(0);
    },
  } as unknown as HpackEncoder;
  const fieldsFor = (path: string): CommonFields | undefined => {
    headers.block(encoder, path, []);
    return given;
  };
  const first = fieldsFor('/a.B/M0');
  for (let path = 1; path < 1024; path += 1) assert.notEqual(fieldsFor(`/a.B/M${path}`), first);
  assert.equal(fieldsFor('/a.B/M0'), first);
  const last = fieldsFor('/a.B/M1024');
  assert.equal(fieldsFor('/a.B/M1024'), last);
  const again = fieldsFor('/a.B/M0');
  assert.notEqual(again, first);
  assert.deepEqual(again?.fields, first?.fields);
});
