import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RestartPolicy } from '../../../src/host/instances/restart-policy.ts';

describe('the restart of a plugin that ended', () => {
  it('follows at once, then after pauses that double up to a limit', () => {
    const policy = new RestartPolicy({ delayMs: 100, maxDelayMs: 500, jitter: 0, maxFailures: 100 });
    const delays = Array.from({ length: 6 }, (_, i) => policy.failed(i, 0));
    assert.deepEqual(
      delays.map((step) => (step.kind === 'start' ? step.delayMs : step.kind)),
      [0, 100, 200, 400, 500, 500],
    );
  });

  it('differs by chance within the limits given', () => {
    for (const [random, expected] of [
      [0, 75],
      [0.5, 100],
      [1, 125],
    ] as const) {
      const policy = new RestartPolicy({ delayMs: 100, jitter: 0.25 }, () => random);
      policy.failed(0, 0);
      assert.deepEqual(policy.failed(1, 0), { kind: 'start', delayMs: expected });
    }
  });

  it('has no pause after a plugin that served for long', () => {
    const policy = new RestartPolicy({ delayMs: 100, jitter: 0, stableMs: 1000 });
    policy.failed(0, 0);
    policy.failed(1, 999);
    assert.deepEqual(policy.failed(2, 1000), { kind: 'start', delayMs: 0 });
  });

  it('is given up after too many failures within the time, and only then', () => {
    const policy = new RestartPolicy({ maxFailures: 2, windowMs: 1000 });
    assert.equal(policy.failed(0, 0).kind, 'start');
    assert.equal(policy.failed(900, 0).kind, 'start');
    assert.equal(policy.failed(1001, 0).kind, 'start', 'the first is forgotten');
    assert.deepEqual(policy.failed(1002, 0), { kind: 'give-up', failures: 3 });
    policy.reset();
    assert.deepEqual(policy.failed(1003, 0), { kind: 'start', delayMs: 0 });
  });

  it('does not count what is the fault of the engine', () => {
    const policy = new RestartPolicy({ maxFailures: 1, maxDelayMs: 10, jitter: 0 });
    for (let i = 0; i < 100; i += 1) assert.equal(policy.failed(i, 0, { transient: true }).kind, 'start');
  });

  it('follows other rules only where they are given', () => {
    const policy = new RestartPolicy({}, () => 1);
    assert.equal(policy.windowMs, 120_000);
    const steps = Array.from({ length: 11 }, (_, i) => policy.failed(i * 11_999, 29_999));
    assert.deepEqual(
      steps.map((step) => (step.kind === 'start' ? step.delayMs : step)),
      [
        ...[0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 37_500],
        { kind: 'give-up', failures: 11 },
      ],
    );
    assert.deepEqual(new RestartPolicy({}).failed(0, 0), { kind: 'start', delayMs: 0 });
    const other = new RestartPolicy({}, () => 1);
    for (let at = 0; at <= 9 * 12_000; at += 12_000) other.failed(at, 0);
    assert.equal(other.failed(120_000, 0).kind, 'start', 'the first is forgotten after two minutes');
    policy.failed(0, 0);
    assert.deepEqual(policy.failed(1_000_000, 30_000), { kind: 'start', delayMs: 0 });
  });

  it('is delayed like any other while the engine is at fault, and these failures do not count later', () => {
    const policy = new RestartPolicy({ maxFailures: 1, delayMs: 100, jitter: 0 });
    assert.deepEqual(policy.failed(0, 0, { transient: true }), { kind: 'start', delayMs: 0 });
    assert.deepEqual(policy.failed(1, 0, { transient: true }), { kind: 'start', delayMs: 100 });
    assert.deepEqual(policy.failed(2, 0), { kind: 'start', delayMs: 200 });
    assert.deepEqual(policy.failed(3, 0), { kind: 'give-up', failures: 2 });
  });

  it('counts anew from a plugin that served for long', () => {
    const policy = new RestartPolicy({ delayMs: 100, jitter: 0, stableMs: 1000 });
    for (const [servedMs, delayMs] of [
      [0, 0],
      [0, 100],
      [1_000, 0],
      [0, 100],
      [0, 200],
    ] as const)
      assert.deepEqual(policy.failed(0, servedMs), { kind: 'start', delayMs });
  });

  it('is delayed by the longest delay after ever so many failures', () => {
    const policy = new RestartPolicy({ maxFailures: 10_000, windowMs: 1, jitter: 0 });
    let last = 0;
    for (let at = 0; at < 2_000; at += 1) {
      const step = policy.failed(at, 0);
      assert.ok(step.kind === 'start');
      last = step.delayMs;
    }
    assert.equal(last, 30_000);
  });
});
