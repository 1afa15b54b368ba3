/** What the runner has to find: nested tests, one that may fail, and an error that comes when nobody waits for it. */
import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, it, test } from 'node:test';
import { setImmediate } from 'node:timers';

if (process.env.LATE_ERROR === 'yes') {
  test('ends before its error comes', () => {
    setImmediate(() => {
      throw new Error('this came late');
    });
  });
} else {
  describe('outer', () => {
    it('passes', () => undefined);
    describe('inner', () => {
      it('waits', async () => {
        await new Promise(setImmediate);
      });
      it('may fail', async () => {
        await new Promise(setImmediate);
        assert.equal(process.env.PASSING, 'yes');
      });
    });
  });
  test('has a test inside', (t) => t.test('which passes', () => undefined));
}
