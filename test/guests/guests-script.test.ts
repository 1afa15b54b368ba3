/** How `scripts/guests` is used; what it does with a machine takes too long for a test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

function guests(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('scripts/guests', args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('scripts/guests', () => {
  it('tells which guests there are and how they are used', () => {
    const { status, stdout } = guests('--help');
    assert.equal(status, 0);
    for (const name of ['bookworm', 'trixie', 'trixie-selinux', 'forky', 'docker-29'])
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

  it('refuses a time limit that is none', () => {
    for (const limit of ['0', 'long', '']) {
      const { status, stderr } = guests('run', 'trixie', '--limit', limit, '--', 'true');
      assert.equal(status, 2);
      assert.match(stderr, /--limit is a number of minutes/);
    }
  });

  it('refuses to carry a file that is not there', () => {
    const { status, stderr } = guests('run', 'trixie', '--with', '/nowhere/image.tar');
    assert.equal(status, 2);
    assert.match(stderr, /there is no file \/nowhere\/image\.tar/);
  });

  it('ends a command that hangs in a guest, and tells where to look', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bh-guests-'));
    try {
      await mkdir(join(folder, 'trixie/running'), { recursive: true });
      await writeFile(join(folder, 'trixie/running/port'), '22022\n');
      // What connects to a guest, in place of a guest that does not answer any more.
      await writeFile(join(folder, 'ssh'), '#!/bin/sh\nexec tail -f /dev/null\n', { mode: 0o755 });
      const script =
        'for part in settings shell; do . scripts/guests.d/$part.sh; done; within 1 trixie root live-matrix';
      const { status, stderr } = spawnSync('bash', ['-c', script], {
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: `${folder}:${process.env['PATH'] ?? ''}`,
          BULKHEAD_GUESTS_DATA: folder,
          checkout: '.',
        },
      });
      assert.equal(status, 1);
      assert.equal(
        stderr,
        `scripts/guests: live-matrix did not end within 1 s in trixie, whose console is ${folder}/trixie/console.log\n`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
