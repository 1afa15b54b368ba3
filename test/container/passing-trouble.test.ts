import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isPassingTrouble } from '../../src/container/passing-trouble.ts';
import { BulkheadError } from '../../src/errors.ts';

it('tells a start that may be tried again from one that may not', () => {
  const failed = (text: string) =>
    new BulkheadError('CONTAINER_START_FAILED', `the container could not be started: ${text}`);
  const passing =
    'OCI runtime start failed: starting container: open /proc/22480/oom_score_adj: permission denied: unknown';
  assert.equal(isPassingTrouble(failed(passing)), true);
  assert.equal(isPassingTrouble(failed('exec: "/plugin": permission denied')), false);
  assert.equal(isPassingTrouble(new BulkheadError('PLUGIN_EXITED', passing)), false);
  assert.equal(isPassingTrouble(new Error(passing)), false);
});
