/** How much the calls of a connection may hold together of messages that have not arrived whole. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HeldBytes } from '../../../src/goplugin/grpc/held-bytes.ts';
import { LimitExceeded } from '../../../src/goplugin/grpc/limit-error.ts';

const MiB = 1024 * 1024;

it('is four messages of the longest length, and of 1 MiB where that is less', () => {
  for (const [longest, most] of [
    [3 * MiB, 12 * MiB],
    [MiB, 4 * MiB],
    [1, 4 * MiB],
  ] as const) {
    const held = new HeldBytes(longest);
    held.take(most - 1);
    held.take(1);
    assert.equal(held.held, most);
    assert.throws(
      () => {
        held.take(1);
      },
      (error) => {
        assert.ok(error instanceof LimitExceeded);
        const words = `calls hold ${most + 1} bytes of messages that have not arrived whole`;
        assert.equal(error.message, `${words}, and the limit heldMessages is ${most}`);
        assert.equal(error.limit, 'heldMessages');
        return true;
      },
    );
  }
});

it('counts what is taken until it is given back, and not what was refused', () => {
  const held = new HeldBytes(MiB);
  assert.equal(held.held, 0);
  held.take(3 * MiB);
  assert.throws(() => {
    held.take(2 * MiB);
  }, LimitExceeded);
  assert.equal(held.held, 3 * MiB);
  held.give(MiB);
  assert.equal(held.held, 2 * MiB);
  held.take(2 * MiB);
  held.give(4 * MiB);
  assert.equal(held.held, 0);
});
