/** The runner finds the same with the preloaded module as without it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function run(options: readonly string[], environment: Record<string, string> = {}) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [...options, '--test', '--test-reporter=tap', at('some-tests.js')];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...env, ...environment },
  });
  const results = stdout.split('\n').filter((line) => /^ *(?:not )?ok |^# (?:tests|pass|fail) /.test(line));
  return { status, results, stdout };
}

const preloaded = ['--import', at('without-async-hooks.js')];

for (const [passing, expected] of [
  ['yes', 0],
  ['no', 1],
] as const) {
  test(`finds each test in its place, with all passing: ${passing}`, () => {
    const usual = run([], { PASSING: passing });
    assert.equal(usual.status, expected);
    assert.ok(usual.results.includes(`# fail ${expected}`), usual.stdout);
    const { status, results } = run(preloaded, { PASSING: passing });
    assert.deepEqual({ status, results }, { status: expected, results: usual.results });
  });
}

test('fails a file with an error that nobody caught', () => {
  const { status, results, stdout } = run(preloaded, { LATE_ERROR: 'yes' });
  assert.equal(status, 1);
  assert.match(stdout, /this came late/);
  assert.ok(results.includes('# fail 1'), stdout);
});
