/** SELinux as the kernel shows it, in folders that stand for the kernel's own. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { withCreationContexts } from '../../src/linux/creation-context.ts';
import { atLowestLevel, formatContext, parseContext } from '../../src/linux/selinux-context.ts';

describe('an SELinux context', () => {
  it('is read with its range and categories, and written as it was', () => {
    const texts = [
      'system_u:system_r:container_t:s0:c12,c34',
      'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023',
      'user_u:user_r:user_t',
    ];
    for (const text of texts) {
      const context = parseContext(text);
      assert.ok(context, text);
      assert.equal(formatContext(context), text);
    }
    assert.equal(parseContext(texts[1] ?? '')?.type, 'unconfined_t');
  });

  it('is not seen in the name of an AppArmor profile', () => {
    for (const text of ['unconfined', 'docker-default (enforce)', '', 'a:b', ':::'])
      assert.equal(parseContext(text), undefined, text);
  });

  it('has the lowest level of its range for connections', () => {
    const lowest = (text: string) => {
      const context = parseContext(text);
      return context && formatContext(atLowestLevel(context));
    };
    assert.equal(lowest('u:r:t:s0-s0:c0.c1023'), 'u:r:t:s0');
    assert.equal(lowest('u:r:t:s0:c1,c2'), 'u:r:t:s0:c1,c2');
    assert.equal(lowest('u:r:t'), 'u:r:t');
  });
});

describe('contexts for new objects', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attr-'));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const attributes = { sockcreate: join(folder, 'sockcreate'), fscreate: join(folder, 'fscreate') };
  const now = () => [readFileSync(attributes.sockcreate, 'utf8'), readFileSync(attributes.fscreate, 'utf8')];
  const reset = () => {
    for (const file of Object.values(attributes)) writeFileSync(file, '');
  };

  it('are set while something is made, and taken back', () => {
    reset();
    const seen = withCreationContexts({ socket: 'u:r:socket', file: 'u:r:file' }, now, folder);
    assert.deepEqual(seen, ['u:r:socket', 'u:r:file']);
    assert.deepEqual(now(), ['\n', '\n']);
  });

  it('are taken back when making fails, with its own error', () => {
    reset();
    const broken = new Error('broken');
    assert.throws(
      () =>
        withCreationContexts(
          { socket: 'u:r:socket' },
          () => {
            throw broken;
          },
          folder,
        ),
      broken,
    );
    assert.deepEqual(now(), ['\n', '']);
  });

  it('leave alone what is not given', () => {
    reset();
    assert.deepEqual(withCreationContexts({}, now, folder), ['', '']);
    assert.deepEqual(now(), ['', '']);
  });

  it('that can not be set stop the making, and take back what was set before', () => {
    reset();
    let made = false;
    const half = join(folder, 'half');
    mkdirSync(join(half, 'fscreate'), { recursive: true }); // a folder, which can't be written to
    assert.throws(
      () => {
        withCreationContexts({ socket: 'u:r:socket', file: 'u:r:file' }, () => (made = true), half);
      },
      { code: 'EISDIR' },
    );
    assert.equal(readFileSync(join(half, 'sockcreate'), 'utf8'), '\n');
    assert.equal(made, false);
  });
});
