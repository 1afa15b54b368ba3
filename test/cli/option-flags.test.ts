import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeError } from '../../src/cli/describe-error.ts';
import { launchFlags } from '../../src/cli/commands/launch-flags.ts';
import { withFlags } from '../../src/cli/option-flags.ts';
import { unpainted } from '../../src/cli/output/terminal.ts';
import { BulkheadError } from '../../src/errors.ts';

describe('a hint', () => {
  it('names flags at the command line, and options in the library', () => {
    const hint = 'Raise `memoryBytes`, or choose a folder with `socketDirectory`.';
    const error = new BulkheadError('SOCKET_DIRECTORY_FAILED', 'failed', { hint });
    assert.equal(error.hint, hint);
    assert.equal(
      describeError(error, unpainted, launchFlags).at(-1),
      'Hint: Raise -memory_bytes, or choose a folder with -socket_directory.',
    );
  });

  const translated: readonly (readonly [string, string])[] = [
    ['`socketPath`', '-engine'],
    ['`runtime`', '-oci_runtime'],
    ['`handshake`', '-cookie'],
    ['Leave out `autoMtls: false`.', 'Leave out -no_mtls.'],
    ["launch with `seccomp: 'unconfined'`", 'launch with -seccomp=unconfined'],
    ['`pidsLimit: 64`', '-pids_limit=64'],
    ['`requireNonRoot: true`', '-require_non_root'],
  ];
  for (const [text, shown] of translated) {
    it(`with ${text} shows ${shown}`, () => {
      assert.equal(withFlags(text, launchFlags), shown);
    });
  }

  it('keeps what the command has no flag for, and prose that is not marked', () => {
    for (const text of [
      '`createRunner: subprocessRunner({ command: "x" })`',
      '`npm run build`',
      'memoryBytes and socketDirectory',
      '`constructor`',
    ])
      assert.equal(withFlags(text, launchFlags), text);
    assert.equal(withFlags('`memoryBytes`', {}), '`memoryBytes`');
  });
});
