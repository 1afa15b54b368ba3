import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ContainerStartError } from '../../src/container/errors.ts';
import { isTransientStartFailure } from '../../src/container/transient-start-failure.ts';
import { EngineOperationError } from '../../src/engine/index.ts';
import { BulkheadError } from '../../src/errors.ts';

it('tells a start that may be tried again from one that may not', () => {
  const failed = (text: string) =>
    new ContainerStartError(
      'an image',
      new EngineOperationError(`can't start it: ${text}`, { engineMessage: text }),
    );
  const passing =
    'OCI runtime start failed: starting container: open /proc/22480/oom_score_adj: permission denied: unknown';
  assert.equal(isTransientStartFailure(failed(passing)), true);
  assert.equal(isTransientStartFailure(failed('exec: "/plugin": permission denied')), false);
  assert.equal(isTransientStartFailure(new BulkheadError('PLUGIN_EXITED', passing)), false);
  assert.equal(isTransientStartFailure(new Error(passing)), false);
  assert.equal(isTransientStartFailure(new ContainerStartError(passing, new Error(passing))), false);
});
