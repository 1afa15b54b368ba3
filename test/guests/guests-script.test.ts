/** How `scripts/guests` is used; what it does with a machine takes too long for a test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

function guests(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('scripts/guests', args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('scripts/guests', () => {
  it('tells which guests there are and how they are used', () => {
    const { status, stdout } = guests('--help');
    assert.equal(status, 0);
    for (const name of ['bookworm', 'trixie', 'trixie-selinux', 'forky'])
      assert.match(stdout, new RegExp(name));
  });

  it('refuses a guest that it does not know, before it makes anything', () => {
    const { status, stderr } = guests('run', 'sarge', '--', 'true');
    assert.equal(status, 2);
    assert.match(stderr, /unknown guest: sarge; known are /);
  });

  it('refuses an accelerator that it does not know', () => {
    const { status, stderr } = guests('up', 'trixie', '--accelerator', 'fast');
    assert.equal(status, 2);
    assert.match(stderr, /--accelerator is kvm or tcg/);
  });

  it('refuses to carry a file that is not there', () => {
    const { status, stderr } = guests('run', 'trixie', '--with', '/nowhere/image.tar');
    assert.equal(status, 2);
    assert.match(stderr, /there is no file \/nowhere\/image\.tar/);
  });
});
