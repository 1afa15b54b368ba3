import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeConnInfo,
  decodeHealthCheckRequest,
  decodeHealthCheckResponse,
  decodeStdioData,
  encodeConnInfo,
  encodeHealthCheckRequest,
  encodeStdioData,
} from '../../src/goplugin/wire/messages.ts';

const uint32 = fc.nat(0xffff_ffff);

test('writes the bytes that go-plugin writes', () => {
  const knock = { serviceId: 7, network: '', address: '', knock: { knock: true, ack: false, error: '' } };
  assert.equal(encodeConnInfo(knock).toString('hex'), '080722020801');
  const answer = { ...knock, knock: { ...knock.knock, ack: true } };
  assert.equal(encodeConnInfo(answer).toString('hex'), '0807220408011001');
  assert.equal(encodeHealthCheckRequest({ service: 'plugin' }).toString('hex'), '0a06706c7567696e');
  assert.deepEqual(decodeHealthCheckResponse(Buffer.from('0801', 'hex')), { status: 1 });
});

test('reads back every announcement', () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const plain = { noNullPrototype: true };
  const knock = fc.record({ knock: fc.boolean(), ack: fc.boolean(), error: text }, plain);
  const info = fc.record(
    {
      serviceId: uint32,
      network: text,
      address: text,
      knock: fc.option(knock, { nil: undefined }),
    },
    plain,
  );
  fc.assert(
    fc.property(info, (message) => {
      assert.deepEqual(decodeConnInfo(encodeConnInfo(message)), message);
    }),
  );
});

test('reads back every print', () => {
  fc.assert(
    fc.property(uint32, fc.uint8Array({ maxLength: 70_000 }), (channel, bytes) => {
      const data = Buffer.from(bytes);
      assert.deepEqual(decodeStdioData(encodeStdioData({ channel, data })), { channel, data });
    }),
  );
});

test('ignores fields that it does not know, of every wire type', () => {
  const unknown = Buffer.from('280a' + '310102030405060708' + '3d01020304' + '4203616263', 'hex');
  const known = encodeHealthCheckRequest({ service: 'plugin' });
  assert.deepEqual(decodeHealthCheckRequest(Buffer.concat([unknown, known, unknown])), { service: 'plugin' });
});

test('takes the last of a field that stands there twice', () => {
  const twice = Buffer.concat(['one', 'two'].map((service) => encodeHealthCheckRequest({ service })));
  assert.deepEqual(decodeHealthCheckRequest(twice), { service: 'two' });
});

test('refuses a message that is cut off at any byte, or reads what stands before the cut', () => {
  const whole = encodeConnInfo({
    serviceId: 300,
    network: 'unix',
    address: '/tmp/plugin1',
    knock: { knock: true, ack: true, error: 'no' },
  });
  const ends = new Set([3, 9, 23]); // behind service_id, network and address
  for (let length = 1; length < whole.length; length += 1) {
    const cut = whole.subarray(0, length);
    if (ends.has(length)) assert.equal(decodeConnInfo(cut).serviceId, 300);
    else assert.throws(() => decodeConnInfo(cut), RangeError, `cut after ${length} bytes`);
  }
});

test('survives any bytes with nothing but a range error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decodeConnInfo(bytes);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});
