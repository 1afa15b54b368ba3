import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

function bulkhead(args: readonly string[], environment: Record<string, string> = {}) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...environment },
  });
}

describe('the command line', () => {
  it('tells its commands and ends with 2 when none is named', () => {
    const { status, stdout, stderr } = bulkhead([]);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /doctor[\s\S]*run/);
  });

  it('tells its commands when asked for help, and its version', () => {
    assert.match(bulkhead(['--help']).stdout, /^usage: bulkhead COMMAND/);
    assert.match(bulkhead(['run', '--help']).stdout, /--cookie KEY=VALUE/);
    assert.match(bulkhead(['--version']).stdout, /^bulkhead \d+\.\d+\.\d+\n$/);
  });

  it('names a command that does not exist', () => {
    const { status, stderr } = bulkhead(['lauch']);
    assert.equal(status, 2);
    assert.match(stderr, /no command lauch/);
  });

  const misuses: readonly (readonly [string[], RegExp])[] = [
    [['run'], /one IMAGE/],
    [['run', 'localhost/kv:1'], /--cookie KEY=VALUE is needed/],
    [['run', 'localhost/kv:1', '--cookie', 'hello'], /NAME=VALUE/],
    [['run', 'localhost/kv:1', '--cookie', 'A=b', '--protocol-version', 'one'], /takes a number/],
    [['run', 'localhost/kv:1', '--frobnicate'], /--frobnicate/],
    [['doctor', 'now'], /no arguments/],
  ];
  for (const [args, said] of misuses) {
    it(`refuses: bulkhead ${args.join(' ')}`, () => {
      const { status, stderr } = bulkhead(args);
      assert.equal(status, 2);
      assert.match(stderr, said);
      assert.match(stderr, /usage: bulkhead/);
    });
  }

  it('names the socket that it was told and can not reach, and ends with 3', () => {
    const args = ['run', 'localhost/kv:1', '--cookie', 'A=b', '--socket', '/nonexistent/docker.sock'];
    const { status, stderr } = bulkhead(args);
    assert.equal(status, 3);
    assert.match(stderr, /^ENGINE_SOCKET_ABSENT: .*\/nonexistent\/docker\.sock/m);
  });
});
