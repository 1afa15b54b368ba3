/** Times are nanoseconds of 64 bits on the wire, and milliseconds everywhere else. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  longestDurationMs,
  toDate,
  toMilliseconds,
  toNanoseconds,
  toTimestamp,
} from '../../src/vault/wire/time.ts';

it('a duration comes back as it was, and the longest one stays the longest', () => {
  for (const ms of [0, 1, 60_000, 768 * 3_600_000, longestDurationMs])
    assert.equal(toMilliseconds(toNanoseconds(ms)), ms);
  const forever = String(2n ** 63n - 1n);
  assert.equal(toNanoseconds(toMilliseconds(forever)), forever);
  assert.equal(toNanoseconds(Number.MAX_SAFE_INTEGER), forever);
  assert.equal(toMilliseconds('1'), 1, 'a short time is not none');
});

it('a time is seconds and nanoseconds, also before 1970; the zero time of Go is none', () => {
  for (const text of ['2026-01-02T03:04:05.678Z', '1969-12-31T23:59:59.001Z', '9999-12-31T00:00:00.000Z']) {
    const { seconds, nanos } = toTimestamp(new Date(text));
    assert.ok(nanos >= 0 && nanos < 1e9);
    assert.equal(toDate({ seconds, nanos })?.toISOString(), text);
  }
  assert.equal(toDate(null), undefined);
  assert.equal(toDate({ seconds: '-62135596800', nanos: 0 }), undefined);
  assert.equal(toDate({ seconds: '9223372036854775807', nanos: 0 }), undefined);
});
