/** File capabilities are read as they were written, in each of the kernel's formats. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decodeFileCapabilities, encodeFileCapabilities } from '../../src/program/file-capabilities.ts';

it('are read as they were written', () => {
  const names = ['NET_BIND_SERVICE', 'IPC_LOCK', 'CHECKPOINT_RESTORE'];
  assert.deepEqual(decodeFileCapabilities(encodeFileCapabilities(names)), {
    permitted: names,
    effective: true,
  });
});

it('are read in the formats with and without a user, and without the flag that makes them effective', () => {
  const third = Buffer.alloc(24);
  third.writeUInt32LE(0x03000000, 0);
  third.writeUInt32LE(1 << 14, 4);
  assert.deepEqual(decodeFileCapabilities(third), { permitted: ['IPC_LOCK'], effective: false });
  const first = Buffer.alloc(12);
  first.writeUInt32LE(0x01000001, 0);
  first.writeUInt32LE(1, 4);
  assert.deepEqual(decodeFileCapabilities(first), { permitted: ['CHOWN'], effective: true });
});

it('are none where the value is none', () => {
  assert.equal(decodeFileCapabilities(new Uint8Array(20)), undefined);
  assert.equal(decodeFileCapabilities(new Uint8Array(3)), undefined);
});
