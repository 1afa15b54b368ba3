import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readlink, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { extract, type Headers } from 'tar-stream';
import {
  ImageChangedError,
  ImageFileError,
  checkImageTag,
  contentLabel,
  writeImageArchive,
  type PackedImage,
  type ImageFile,
  type WriteImageArchiveOptions,
} from '../../src/packing/index.ts';
import { encodeFileCapabilities } from '../../src/program/file-capabilities.ts';
import { InvalidOptionError } from '../../src/errors.ts';

const hello: ImageFile = { path: '/bin/hello', content: 'hello', mode: 0o755 };

function image(options: Partial<WriteImageArchiveOptions> = {}): Promise<PackedImage> {
  return writeImageArchive({
    tag: 'localhost/test:1',
    files: [hello],
    entrypoint: ['/bin/hello'],
    ...options,
  });
}

describe('writing an image archive', { timeout: 60_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bulkhead-archive-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  test('holds a manifest, a configuration and one layer that agree with each other', async () => {
    const archive = await image({
      user: '65532:65532',
      env: { B: '2', A: '1' },
      labels: { purpose: 'test' },
      cmd: ['--serve'],
      workingDirectory: '/bin',
      architecture: 'arm64',
    });
    const { manifest, config, layer } = await unpack(archive);
    assert.deepEqual(manifest.RepoTags, ['localhost/test:1']);
    assert.deepEqual(manifest.Layers, ['layer.tar']);
    assert.equal(config.architecture, 'arm64');
    assert.equal(config.os, 'linux');
    assert.deepEqual(config.config, {
      User: '65532:65532',
      Env: ['A=1', 'B=2'],
      Entrypoint: ['/bin/hello'],
      Cmd: ['--serve'],
      WorkingDir: '/bin',
      Labels: { purpose: 'test', [contentLabel]: archive.contentHash },
    });
    assert.deepEqual(config.rootfs.diff_ids, [sha256(layer)]);
    assert.equal(archive.diffId, sha256(layer));
  });

  test('promises the id that the configuration in it has', async () => {
    const archive = await image();
    const { configBytes, manifest } = await unpack(archive);
    assert.equal(archive.imageId, sha256(configBytes));
    assert.equal(manifest.Config, `${archive.imageId.slice('sha256:'.length)}.json`);
  });

  test('is the same image whatever the order of files, variables and labels, and byte for byte when written again', async () => {
    const one = await image({
      files: [hello, { path: '/a', content: 'a' }],
      env: { A: '1', B: '2' },
      labels: { x: '1', y: '2' },
    });
    const other = await image({
      files: [{ path: '/a', content: 'a' }, hello],
      env: { B: '2', A: '1' },
      labels: { y: '2', x: '1' },
    });
    assert.equal(one.imageId, other.imageId);
    const bytes = await bytesOf(one);
    assert.ok(bytes.equals(await bytesOf(one)));
    assert.ok(bytes.equals(await bytesOf(other)));
  });

  const changes: readonly (readonly [string, Partial<WriteImageArchiveOptions>])[] = [
    ['content', { files: [{ ...hello, content: 'other' }] }],
    ['mode', { files: [{ ...hello, mode: 0o700 }] }],
    ['owner', { files: [{ ...hello, uid: 1000 }] }],
    ['file capability', { files: [{ ...hello, fileCapabilities: ['IPC_LOCK'] }] }],
    ['entrypoint', { entrypoint: ['/bin/hello', 'x'] }],
    ['user', { user: '1:1' }],
    ['environment', { env: { A: '1' } }],
    ['time', { createdAt: new Date(86_400_000) }],
  ];
  for (const [what, change] of changes) {
    test(`is another image with another content hash when the ${what} differs`, async () => {
      const [one, other] = [await image(), await image(change)];
      assert.notEqual(one.imageId, other.imageId);
      assert.notEqual(one.contentHash, other.contentHash);
    });
  }

  test('is the same content under another tag', async () => {
    const [one, other] = [await image(), await image({ tag: 'localhost/other:2' })];
    assert.equal(one.imageId, other.imageId);
    assert.equal(one.contentHash, other.contentHash);
  });

  test('keeps modes, owners, links, folders and empty files, and makes the folders in between', async () => {
    const { entries } = await unpack(
      await image({
        files: [
          { path: '/opt/app/run', content: 'x', mode: 0o4755, uid: 65532, gid: 65533 },
          { path: '/opt/link', symlink: 'app/run' },
          { path: '/tmp', directory: true, mode: 0o1777 },
          { path: '/closed', directory: true, mode: 0 },
          { path: '/empty', content: '' },
        ],
      }),
    );
    assert.deepEqual(
      entries.map(({ header }) => [
        header.type,
        header.name,
        (header.mode ?? 0).toString(8),
        header.uid,
        header.gid,
        header.linkname,
      ]),
      [
        ['directory', 'closed', '0', 0, 0, null],
        ['file', 'empty', '644', 0, 0, null],
        ['directory', 'opt', '755', 0, 0, null],
        ['directory', 'opt/app', '755', 0, 0, null],
        ['file', 'opt/app/run', '4755', 65532, 65533, null],
        ['symlink', 'opt/link', '777', 0, 0, 'app/run'],
        ['directory', 'tmp', '1777', 0, 0, null],
      ],
    );
  });

  test('writes a file capability as the attribute that the kernel reads', async () => {
    const { layer, entries } = await unpack(
      await image({ files: [{ ...hello, fileCapabilities: ['cap_ipc_lock'] }] }),
    );
    assert.deepEqual(
      Buffer.from(encodeFileCapabilities(['IPC_LOCK'])).toString('hex'),
      '0100000200400000000000000000000000000000',
    );
    const record = Buffer.concat([
      Buffer.from('SCHILY.xattr.security.capability='),
      encodeFileCapabilities(['IPC_LOCK']),
      Buffer.from('\n'),
    ]);
    assert.ok(layer.includes(record));
    assert.equal(entries.find(({ header }) => header.name === 'bin/hello')?.content.toString(), 'hello');
  });

  test('numbers capabilities above 31 in the second word', () => {
    assert.equal(
      Buffer.from(encodeFileCapabilities(['PERFMON', 'CHOWN'])).toString('hex'),
      '0100000201000000000000004000000000000000',
    );
  });

  test('round-trips any file names and contents, long names and other scripts included', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => !/[/\0]|^\.\.?$/.test(text));
    const path = fc.array(name, { minLength: 1, maxLength: 8 }).map((names) => `/d/${names.join('/')}/f`);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(path, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 8, noNullPrototype: true }),
        async (contents) => {
          const files = Object.entries(contents).map(([at, content]) => ({ path: at, content }));
          const { entries } = await unpack(await image({ files }));
          const found = entries.filter(({ header }) => header.type === 'file');
          assert.deepEqual(
            found.map(({ header, content }) => [`/${header.name}`, [...content]]).sort(),
            files.map(({ path: at, content }) => [at, [...content]]).sort(),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test('streams a large file without holding it: the chunks are small', async () => {
    const file = join(folder, 'large');
    await writeFile(file, '');
    await truncate(file, 64 * 1024 * 1024);
    const archive = await image({ files: [{ path: '/large', content: { file } }] });
    let size = 0;
    let largest = 0;
    for await (const chunk of archive) {
      size += chunk.byteLength;
      largest = Math.max(largest, chunk.byteLength);
    }
    assert.ok(size > 64 * 1024 * 1024);
    assert.ok(largest <= 256 * 1024, `a chunk of ${largest} bytes`);
  });

  test('ends at once wherever the reader leaves', async () => {
    const file = join(folder, 'leave-anywhere');
    await writeFile(file, Buffer.alloc(700_000));
    const archive = await image({
      files: [hello, { path: '/f', content: { file } }, { path: '/z', content: 'z' }],
    });
    const chunks = (await Readable.from(archive).toArray()).length;
    assert.ok(chunks > 10);
    for (let leaveAfter = 1; leaveAfter <= chunks; leaveAfter += 1) {
      let seen = 0;
      for await (const _ of archive) if (++seen === leaveAfter) break;
      assert.equal(seen, leaveAfter);
    }
  });

  test('closes every file when the reader leaves early, and when it is aborted', async () => {
    const file = join(folder, 'left-early');
    await writeFile(file, Buffer.alloc(8 * 1024 * 1024));
    const abort = new AbortController();
    const archive = await image({ files: [{ path: '/f', content: { file } }], signal: abort.signal });
    const filesOpen = async () =>
      (await Promise.all((await readdir('/proc/self/fd')).map(targetOf))).filter((to) => to === file);

    let chunks = 0;
    for await (const _ of archive) if (++chunks === 20) break;
    assert.deepEqual(await filesOpen(), []);

    const reason = new Error('enough');
    chunks = 0;
    await assert.rejects(
      async () => {
        for await (const _ of archive) if (++chunks === 20) abort.abort(reason);
      },
      (error) => error === reason,
    );
    assert.deepEqual(await filesOpen(), []);
    await assert.rejects(image({ signal: abort.signal }), (error) => error === reason);
  });

  for (const [what, change] of [
    ['shorter', 'shor'],
    ['longer', 'longer than before'],
    ['different', 'Before'],
  ] as const) {
    test(`fails when a file became ${what} after it was measured, instead of writing another image`, async () => {
      const file = join(folder, `became-${what}`);
      await writeFile(file, 'before');
      const archive = await image({ files: [{ path: '/f', content: { file } }] });
      await writeFile(file, change);
      await assert.rejects(
        bytesOf(archive),
        (error) => error instanceof ImageChangedError && error.code === 'IMAGE_CHANGED',
      );
    });
  }

  test('names the file that is missing, or is no file', async () => {
    const missing = join(folder, 'missing');
    await assert.rejects(image({ files: [{ path: '/f', content: { file: missing } }] }), (error: unknown) => {
      assert.ok(error instanceof ImageFileError);
      assert.equal(error.file, missing);
      return true;
    });
    const directory = join(folder, 'directory');
    await mkdir(directory);
    await symlink(directory, join(folder, 'to-directory'));
    await assert.rejects(
      image({ files: [{ path: '/f', content: { file: join(folder, 'to-directory') } }] }),
      /to-directory: is not a regular file/,
    );
  });

  const refused: readonly (readonly [string, Partial<WriteImageArchiveOptions>, RegExp])[] = [
    [
      'a relative path',
      { files: [{ path: 'bin/x', content: '' }] },
      /files: "bin\/x" is not an absolute path/,
    ],
    ['a path that climbs', { files: [{ path: '/a/../b', content: '' }] }, /has \. or \.\. in it/],
    ['a path that ends in a slash', { files: [{ path: '/a/', content: '' }] }, /absolute path/],
    ['a path given twice', { files: [hello, hello] }, /\/bin\/hello is given twice/],
    [
      'a file below a file',
      { files: [hello, { path: '/bin/hello/x', content: '' }] },
      /lies below \/bin\/hello/,
    ],
    ['an owner that tar can not store', { files: [{ ...hello, uid: 300_000 }] }, /0 to 262143/],
    ['a mode with type bits', { files: [{ ...hello, mode: 0o100644 }] }, /permission bits/],
    [
      'a capability that does not exist',
      { files: [{ ...hello, fileCapabilities: ['FLY'] }] },
      /"FLY" is not a capability/,
    ],
    [
      'a capability that can not be stored',
      { files: [{ ...hello, fileCapabilities: ['SETUID'] }] },
      /can't be stored/,
    ],
    ['no entrypoint', { entrypoint: [] }, /entrypoint/],
    ['a variable with an equals sign', { env: { 'A=B': 'x' } }, /"A=B" is not the name/],
    ['a relative working directory', { workingDirectory: 'tmp' }, /workingDirectory/],
    ['its own label', { labels: { [contentLabel]: 'x' } }, /is set by Bulkhead/],
  ];
  for (const [what, options, message] of refused) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(image(options), (error: unknown) => {
        assert.ok(error instanceof InvalidOptionError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

describe('image tags', () => {
  for (const tag of [
    'localhost/a:1',
    'localhost:5000/a/b_c:v1.0-rc',
    'registry.example.com/team/x--y:latest',
    'host:80/a:A_b',
  ]) {
    test(`takes ${tag}`, () => {
      checkImageTag(tag);
    });
  }
  for (const [tag, why] of [
    ['', /not an image reference/],
    ['localhost/a', /has no tag/],
    ['localhost:5000/a', /has no tag/],
    ['a:1', /has no registry host/],
    ['library/a:1', /has no registry host/],
    ['localhost/A:1', /malformed name at "A"/],
    ['localhost/a..b:1', /malformed name/],
    ['localhost//b:1', /malformed name at ""/],
    ['localhost/a:-1', /malformed tag/],
    ['localhost/a:1 2', /malformed tag/],
    ['localhost/a@sha256:1234', /digest/],
    [`localhost/${'a'.repeat(260)}:1`, /at most 255/],
  ] as const) {
    test(`refuses ${JSON.stringify(tag.slice(0, 30))}`, () => {
      assert.throws(
        () => {
          checkImageTag(tag);
        },
        (error: unknown) =>
          error instanceof InvalidOptionError && why.test(error.message) && error.hint !== undefined,
      );
    });
  }
});

interface Unpacked {
  readonly manifest: { Config: string; RepoTags: string[]; Layers: string[] };
  readonly config: {
    architecture: string;
    os: string;
    config: Record<string, unknown>;
    rootfs: { diff_ids: string[] };
  };
  readonly configBytes: Buffer;
  readonly layer: Buffer;
  readonly entries: readonly TarFile[];
}

interface TarFile {
  readonly header: Headers;
  readonly content: Buffer;
}

async function unpack(archive: PackedImage): Promise<Unpacked> {
  const outer = new Map(
    (await untar(await bytesOf(archive))).map(({ header, content }) => [header.name, content]),
  );
  const [manifest] = JSON.parse(String(outer.get('manifest.json'))) as Unpacked['manifest'][];
  assert.ok(manifest);
  const configBytes = outer.get(manifest.Config);
  const layer = outer.get('layer.tar');
  assert.ok(configBytes && layer);
  const config = JSON.parse(String(configBytes)) as Unpacked['config'];
  return { manifest, config, configBytes, layer, entries: await untar(layer) };
}

async function untar(bytes: Buffer): Promise<TarFile[]> {
  const files: TarFile[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      files.push({ header, content: Buffer.concat(chunks) });
      next();
    });
  });
  const finished = once(reader, 'finish');
  reader.end(bytes);
  await finished;
  return files;
}

async function bytesOf(archive: PackedImage): Promise<Buffer> {
  return Buffer.concat((await Readable.from(archive).toArray()) as Uint8Array[]);
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function targetOf(fd: string): Promise<string> {
  return readlink(`/proc/self/fd/${fd}`).catch(() => '');
}
