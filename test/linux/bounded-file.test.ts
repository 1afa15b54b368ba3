import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readBoundedFile, UnusableFile } from '../../src/linux/bounded-file.ts';

describe('a file that somebody else may have put there', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bounded-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const size of [0, 1, 2047, 2048, 2049, 10_000]) {
    it(`is read whole when it has as many bytes as it may have: ${size}`, async () => {
      const path = join(folder, `${size}`);
      const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
      await writeFile(path, bytes);
      assert.deepEqual(await readBoundedFile(path, { mostBytes: size }), bytes);
      assert.deepEqual(await readBoundedFile(path, { mostBytes: 1 << 20 }), bytes);
      if (size > 0) await assert.rejects(readBoundedFile(path, { mostBytes: size - 1 }), UnusableFile);
    });
  }

  it('is read to its end in /proc, where no file has a size', async () => {
    const words = ['cat', ...Array.from({ length: 5000 }, () => '-')];
    const child = spawn('cat', words.slice(1), { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const path = `/proc/${child.pid ?? 0}/cmdline`;
    const bytes = await readBoundedFile(path, { mostBytes: 1 << 20 });
    await assert.rejects(readBoundedFile(path, { mostBytes: 10_000 }), UnusableFile);
    child.kill();
    assert.equal(bytes.toString(), `${words.join('\0')}\0`);
  });

  it('is neither a link nor a device', async () => {
    const link = join(folder, 'link');
    await symlink('/proc/self/comm', link);
    await assert.rejects(readBoundedFile(link, { mostBytes: 100 }), { code: 'ELOOP' });
    assert.ok((await readBoundedFile(link, { mostBytes: 100, followLinks: true })).length > 0);
    await assert.rejects(readBoundedFile('/dev/zero', { mostBytes: 100 }), UnusableFile);
  });
});
