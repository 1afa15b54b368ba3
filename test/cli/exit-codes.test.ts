import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeError } from '../../src/cli/describe-error.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { unpainted } from '../../src/cli/output/terminal.ts';
import { BulkheadError, errorCodes, type Blame, type ErrorCode } from '../../src/errors.ts';

const codes = Object.keys(errorCodes) as ErrorCode[];

describe('the exit code', () => {
  const expected: Readonly<Record<Blame, number>> = {
    usage: 2,
    request: 1,
    plugin: 1,
    image: 1,
    engine: 3,
    machine: 3,
    catalog: 3,
  };
  for (const [blame, exit] of Object.entries(expected)) {
    it(`is ${exit} where the error blames: ${blame}`, () => {
      const blaming = codes.filter((code) => errorCodes[code].blames === blame);
      assert.ok(blaming.length > 0);
      for (const code of blaming) assert.equal(exitCodeOf(new BulkheadError(code, '')), exit, code);
    });
  }

  it('is 2 only for codes that mean a wrong option or file of options', () => {
    const ofUsage = codes.filter((code) => exitCodeOf(new BulkheadError(code, '')) === 2);
    assert.deepEqual(ofUsage, [
      'INVALID_OPTION',
      'FACTS_INVALID',
      'PROTO_INVALID',
      'VAULT_STORAGE_WRONG_KEY',
    ]);
  });

  it('is 3 for what is no error of Bulkhead, whatever was thrown', () => {
    for (const thrown of [new TypeError('x'), 'text', undefined, null, 42])
      assert.equal(exitCodeOf(thrown), 3);
  });

  it('comes with a hint for a file that the system refuses', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
      path: '/full/file',
    });
    assert.deepEqual(describeError(full, unpainted), [
      'Error: ENOSPC: no space left on device, write',
      'Hint: Make room on that file system, or choose another place.',
    ]);
  });
});

it('what a restart waits for, and does not count, is an engine that is away or a host that is busy', () => {
  const transient = codes.filter((code) => 'transient' in errorCodes[code]);
  assert.deepEqual(transient, [
    'ENGINE_NONE_FOUND',
    'ENGINE_SOCKET_ABSENT',
    'ENGINE_SOCKET_INVALID',
    'ENGINE_SOCKET_FORBIDDEN',
    'ENGINE_SOCKET_FOREIGN',
    'ENGINE_SOCKET_REFUSED',
    'ENGINE_SOCKET_PATH_TOO_LONG',
    'ENGINE_GONE',
    'ENGINE_TIMEOUT',
    'ENGINE_CLOSED',
    'ENGINE_PROTOCOL',
    'PODMAN_SERVICE_FAILED',
    'PODMAN_SERVICE_TIMEOUT',
    'HOST_LIMIT',
  ]);
  for (const code of transient) assert.notEqual(errorCodes[code].blames, 'plugin');
});
