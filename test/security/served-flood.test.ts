/** A plugin uses a brokered service of its host without end: the host, with a heap of 256 MiB, lives on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../src/goplugin/limits.ts';
import { attacked, limited } from './fixtures/attacked.ts';

test('10,000 connections to one brokered socket: most are closed at once', limited, async () => {
  assert.equal((await attacked('served-connections', 300)).way, 'cut off');
});

test('10,000 calls that are never answered: those above the limit are refused', limited, async () => {
  const { way, handlers } = await attacked('served-calls', 500);
  assert.equal(way, 'cut off');
  assert.ok(handlers > 0 && handlers <= limits.servedCalls.value, `${handlers} handlers`);
});

test('500 requests of 60 MiB that never come whole share one limit', limited, async () => {
  await attacked('served-messages', 800);
});

test('requests of 60 MiB that a handler keeps share one limit', limited, async () => {
  assert.equal((await attacked('served-whole', 800)).way, 'cut off');
});

test('answers of 16 MiB that the plugin does not read share one limit', limited, async () => {
  assert.equal((await attacked('served-answers', 800)).way, 'cut off');
});

test('a request that announces 4 GiB is refused before it comes', limited, async () => {
  assert.equal((await attacked('served-too-long', 250)).way, 'cut off');
});
