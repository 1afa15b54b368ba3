/** A plugin pours into go-plugin's own streams and answers: the host, with a heap of 256 MiB, lives on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../src/goplugin/limits.ts';
import { attacked, limited } from './fixtures/attacked.ts';

test('a print of 1 GiB ends the stream of prints, and the log says so', limited, async () => {
  const { way, logs } = await attacked('stdio-gigabyte', 250);
  assert.equal(way, 'cut off');
  assert.match(
    logs.join('\n'),
    /prints of the plugin are not read any more: .*limit stdioMessageBytes is 1048576/,
  );
});

test('prints of one byte each are all taken, and none is kept', limited, async () => {
  assert.equal((await attacked('stdio-bytewise', 300)).way, 'sent');
});

test('a health answer of 1 GiB fails with the limit', limited, async () => {
  const { errors } = await attacked('health-gigabyte', 250);
  assert.match(errors[0] ?? '', /^PLUGIN_LIMIT: .*limit healthMessageBytes is 65536/);
});

test(
  'an answer that announces 4 GiB fails before it comes, and the hint names the option',
  limited,
  async () => {
    const { errors } = await attacked('answer-too-long', 250);
    const limit = limits.maxMessageBytes.value;
    const wanted = new RegExp(`^PLUGIN_LIMIT: .*limit maxMessageBytes is ${limit} \\[.*\`maxMessageBytes\``);
    assert.match(errors[0] ?? '', wanted);
  },
);

test('an answer of 60 MiB made of empty messages is not decoded', limited, async () => {
  const { errors } = await attacked('answer-of-empty-messages', 400);
  assert.match(errors[0] ?? '', /^PLUGIN_LIMIT: .*limit fieldsOfMessage/);
});

test('many answers that never come whole share one limit', limited, async () => {
  const { errors } = await attacked('answers-incomplete', 700);
  assert.ok(
    errors.some((error) => error.includes('limit heldMessages')),
    errors.join('\n'),
  );
});

test('a compressed answer is refused unread', limited, async () => {
  const { errors } = await attacked('answer-compressed', 250);
  assert.match(errors[0] ?? '', /^PLUGIN_CALL_FAILED: .*compressed/);
});

test('a status of megabytes is not kept', limited, async () => {
  const { errors } = await attacked('status-of-megabytes', 250);
  assert.match(errors[0] ?? '', /^PLUGIN_CALL_FAILED: /);
});
