/** The socket that is at a path, and nothing else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { socketFile } from '../../src/goplugin/grpc/connection/socket-file.ts';

const folder = await realpath(await mkdtemp(join(tmpdir(), 'socket-file-')));
const path = join(folder, 'socket');
const server = createServer().listen(path);
await once(server, 'listening');
after(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

test('holds one descriptor of a socket until it is disposed of, and none of anything else', async () => {
  await writeFile(join(folder, 'file'), '');
  await symlink(path, join(folder, 'link'));
  const before = await descriptors();
  await assert.rejects(socketFile(join(folder, 'file')), /no socket/);
  await assert.rejects(socketFile(join(folder, 'link')), /a symbolic link/);
  await assert.rejects(socketFile(join(folder, 'nothing')), { code: 'ENOENT' });
  assert.equal(await descriptors(), before);
  const found = await socketFile(path);
  assert.equal(await descriptors(), before + 1);
  await found[Symbol.asyncDispose]();
  assert.equal(await descriptors(), before);
});

test('leaves the resolving of modules as it is', async () => {
  await mkdir(join(folder, 'real'));
  await symlink('real', join(folder, 'linked'));
  for (const name of ['first.cjs', 'second.cjs']) await writeFile(join(folder, 'real', name), '');
  const { resolve } = createRequire(import.meta.url);
  const resolved = (name: string): string => resolve(join(folder, 'linked', name));
  assert.equal(resolved('first.cjs'), join(folder, 'real/first.cjs'));
  await using found = await socketFile(path);
  assert.equal(resolved('second.cjs'), join(folder, 'real/second.cjs'), found.path);
});

test('takes the path as it is on systems that can not hold a file by its descriptor', async () => {
  const linux = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
  Object.defineProperty(process, 'platform', { ...linux, value: 'darwin' });
  try {
    await using found = await socketFile(path);
    assert.equal(found.path, path);
  } finally {
    Object.defineProperty(process, 'platform', linux);
  }
});
