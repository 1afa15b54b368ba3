/** A plugin pours into its broker's stream: the host, with a heap of 256 MiB, lives and serves its other plugin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacked, limited } from './fixtures/attacked.ts';

test('a broker message of 48 MB made of fields of two bytes ends the broker', limited, async () => {
  const { way, errors } = await attacked('broker-message', 250);
  assert.equal(way, 'cut off');
  assert.match(
    errors[0] ?? '',
    /^BROKER_CLOSED: .*48000000 bytes, and the limit brokerMessageBytes is 65536/,
  );
});

test('a broker message of 1 GiB ends the broker', limited, async () => {
  const { errors } = await attacked('broker-gigabyte', 250);
  assert.match(errors[0] ?? '', /^BROKER_CLOSED: .*limit brokerMessageBytes is 65536/);
});

test('announcements of 1 MiB each end the broker', limited, async () => {
  const { errors } = await attacked('announcements', 250);
  assert.match(errors[0] ?? '', /^BROKER_CLOSED: .*limit brokerMessageBytes is 65536/);
});

test('announcements below the limit of a message are not kept with their addresses', limited, async () => {
  const { way } = await attacked('announcements-below-the-limit', 300);
  assert.equal(way, 'sent');
});

test('knocks without end wait until their answers are read', limited, async () => {
  assert.equal((await attacked('multiplexed-knocks', 250)).way, 'held up');
});

test('acknowledgements of nothing open no stream', limited, async () => {
  await attacked('multiplexed-acknowledgements', 250);
});
