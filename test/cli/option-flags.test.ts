import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeError, noteRegistered } from '../../src/cli/describe-error.ts';
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

  it('says of a registered plugin where its settings are', () => {
    const error = new BulkheadError('PLUGIN_EXITED', 'ended', { hint: 'Raise `memoryBytes`.' });
    noteRegistered(error);
    assert.equal(
      describeError(error, unpainted, launchFlags).at(-1),
      'Hint: Raise -memory_bytes. A registered plugin has -memory_bytes from its registration (bulkhead plugin register) or its plugin runtime (bulkhead plugin runtime register).',
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
    ['allow it with `readOnlyRootFilesystem: false`', 'allow it with -writable'],
    ['`noNewPrivileges: false`', '-no_new_privileges=false'],
    ["`network: 'bridge'`", '-network=bridge'],
    ["`memoryBytes: 'unlimited'`", '-memory_bytes=unlimited'],
    ["`capAdd: ['SETUID', 'SETGID']`", '-cap_add=SETUID -cap_add=SETGID'],
    ["`tmpfs: [{ path: '/data' }]`", '-tmpfs=/data'],
    ["`tmpfs: [{ path: '/tmp', exec: true }]`", '-tmpfs=/tmp:exec'],
    ["`tmpfs: [{ path: '/tmp', sizeBytes: 268435456 }]`", '-tmpfs=/tmp:268435456'],
    ["`ulimits: [{ name: 'nofile', soft: 65536, hard: 65536 }]`", '-ulimit=nofile=65536'],
    ["`env: { HOME: '/' }`", '-env=HOME=/'],
    ["`runtime: 'runc'`", '-oci_runtime=runc'],
  ];
  for (const [text, shown] of translated) {
    it(`with ${text} shows ${shown}`, () => {
      assert.equal(withFlags(text, launchFlags), shown);
    });
  }

  it('names flags that the command understands as the option that it stands for', () => {
    const tmpfs = (words: string) => launchFlags.tmpfs.convert([words], '-tmpfs');
    assert.deepEqual(tmpfs('/tmp:exec'), [{ path: '/tmp', exec: true }]);
    assert.deepEqual(tmpfs('/tmp:64M:exec'), [{ path: '/tmp', sizeBytes: 64 << 20, exec: true }]);
    assert.deepEqual(tmpfs('/tmp:unlimited'), [{ path: '/tmp', sizeBytes: 'unlimited' }]);
    assert.deepEqual(tmpfs('/tmp'), [{ path: '/tmp' }]);
    assert.deepEqual(tmpfs('/tmp:268435456'), [{ path: '/tmp', sizeBytes: 268_435_456 }]);
  });

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
