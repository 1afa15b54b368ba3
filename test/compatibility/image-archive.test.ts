/** Images are read out of their archive, forward and once, whatever engine or builder wrote it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import tar, { type Headers } from 'tar-stream';
import { readImageArchive, type Wanted } from '../../src/compatibility/image/read-archive.ts';
import { encodeFileCapabilities } from '../../src/program/file-capabilities.ts';
import { buildElf } from '../program/elf-builder.ts';

type Entry = Headers & { readonly content?: string | Uint8Array; readonly pax?: Record<string, string> };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content = '', ...header } of entries)
    pack.entry({ mtime: new Date(0), ...header }, Buffer.from(content));
  pack.finalize();
  return buffer(pack);
}

/** As Docker before 25 and Podman write it; `pack` is done to each layer. */
async function archiveOf(
  layers: readonly (readonly Entry[])[],
  pack: (layer: Buffer) => Uint8Array = (layer) => layer,
): Promise<Buffer> {
  const written = await Promise.all(layers.map(tarOf));
  const manifest = [
    { Config: 'c.json', RepoTags: ['a:1'], Layers: layers.map((_, index) => `${index}/layer.tar`) },
  ];
  // The layers stand in another order than they lie on each other, and the manifest behind them.
  return tarOf([
    ...written.map((layer, index) => ({ name: `${index}/layer.tar`, content: pack(layer) })).reverse(),
    { name: 'c.json', content: '{}' },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}

const wanted: Wanted = { texts: ['etc/passwd'], programs: ['plugin'] };

async function* inPieces(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const elf = buildElf({ interpreter: '/lib64/ld-linux-x86-64.so.2', needed: ['libc.so.6'] });

describe('the files of an image', () => {
  it('are those of the upper layer where two have the same, and not those that it takes away', async () => {
    const archive = await archiveOf([
      [
        { name: 'etc/passwd', content: 'root:x:0:0' },
        { name: 'opt/old/a', content: 'a' },
        { name: 'opt/old/b', content: 'b' },
        { name: 'srv/gone', content: '' },
        { name: 'srv/gone-not', content: '' },
        { name: 'srv/folder/x', content: '' },
      ],
      [
        { name: 'etc/passwd', content: 'nobody:x:1:1' },
        { name: 'opt/old/.wh..wh..opq', content: '' },
        { name: 'opt/old/c', content: 'c' },
        { name: 'srv/.wh.gone', content: '' },
        { name: 'srv/.wh.folder', content: '' },
      ],
    ]);
    const index = await readImageArchive(inPieces(archive), wanted);
    assert.equal(index.resolve('/etc/passwd')?.file.text, 'nobody:x:1:1');
    const there = ['/opt/old/a', '/opt/old/b', '/opt/old/c', '/srv/gone', '/srv/gone-not', '/srv/folder/x'];
    assert.deepEqual(
      there.filter((path) => index.resolve(path) !== undefined),
      ['/opt/old/c', '/srv/gone-not'],
    );
  });

  it('are found through links, of files and of folders, and not through a circle of them', async () => {
    const archive = await archiveOf([
      [
        { name: 'usr/lib/plugin', content: elf, mode: 0o755 },
        { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
        { name: 'start', type: 'symlink', linkname: '/lib/../lib/plugin' },
        { name: 'hard', type: 'link', linkname: 'usr/lib/plugin' },
        { name: 'a', type: 'symlink', linkname: 'b' },
        { name: 'b', type: 'symlink', linkname: 'a' },
      ],
    ]);
    const index = await readImageArchive(inPieces(archive), wanted);
    assert.equal(index.resolve('/start')?.path, '/usr/lib/plugin');
    assert.equal(index.resolve('/hard')?.file.program?.kind, 'elf');
    assert.equal(index.resolve('/a'), undefined);
    assert.equal(index.resolve('/nowhere/at/all'), undefined);
    assert.equal(index.hasName('plugin'), true);
  });

  it('have the file capabilities and long names that PAX records and GNU tar give them', async () => {
    const long = `${'folder/'.repeat(30)}plugin`;
    const value = Buffer.from(encodeFileCapabilities(['IPC_LOCK'])).toString('latin1');
    const archive = await archiveOf([
      [
        { name: 'plugin', content: elf, mode: 0o755, pax: { 'SCHILY.xattr.security.capability': value } },
        { name: long, content: elf },
      ],
    ]);
    const index = await readImageArchive(inPieces(archive), wanted);
    assert.deepEqual(index.resolve('/plugin')?.file.capabilities, {
      permitted: ['IPC_LOCK'],
      effective: true,
    });
    assert.equal(index.resolve(`/${long}`)?.file.program?.kind, 'elf');
  });

  it('are told what they are: ELF with loader and libraries, script with interpreter, neither', async () => {
    const of = async (content: string | Uint8Array) => {
      const archive = await archiveOf([[{ name: 'plugin', content }]]);
      return (await readImageArchive(inPieces(archive), wanted)).resolve('/plugin')?.file.program;
    };
    const program = await of(elf);
    assert.equal(program?.kind, 'elf');
    assert.equal(program.outline?.interpreter, '/lib64/ld-linux-x86-64.so.2');
    assert.deepEqual(program.needed, ['libc.so.6']);
    assert.deepEqual(await of('#! /bin/sh -e\nexit\n'), { kind: 'script', interpreter: '/bin/sh' });
    assert.deepEqual(await of(''), { kind: 'other' });
    assert.equal((await of(elf.subarray(0, 50)))?.kind, 'other');
  });

  it('are read out of layers packed with gzip, as the containerd store of Docker keeps them', async () => {
    const archive = await archiveOf([[{ name: 'etc/passwd', content: 'root:x:0:0' }]], (layer) =>
      gzipSync(layer),
    );
    assert.equal(
      (await readImageArchive(inPieces(archive, 100), wanted)).resolve('/etc/passwd')?.file.text,
      'root:x:0:0',
    );
  });

  it('are read out of layers packed with zstd where Node.js can', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array };
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]);
    const archive = await archiveOf([[{ name: 'etc/passwd', content: 'root:x:0:0' }]], (layer) =>
      zstdCompressSync === undefined ? frame : zstdCompressSync(layer),
    );
    const reading = readImageArchive(inPieces(archive), wanted);
    if (zstdCompressSync === undefined)
      await assert.rejects(reading, /zstd, which this version of Node\.js can't read/);
    else assert.equal((await reading).resolve('/etc/passwd')?.file.text, 'root:x:0:0');
  });

  it('are the same however the bytes arrive', async () => {
    const archive = await archiveOf([
      [
        { name: 'plugin', content: elf },
        { name: 'etc/passwd', content: 'root:x:0:0' },
      ],
    ]);
    for (const size of [1, 7, 511, 512, 513, 4096]) {
      const index = await readImageArchive(inPieces(archive, size), wanted);
      assert.deepEqual(
        index.resolve('/plugin')?.file.program?.needed,
        ['libc.so.6'],
        `${size} bytes at a time`,
      );
    }
  });
});

describe('an archive that is none', () => {
  it('is refused wherever it is cut', async () => {
    const archive = await archiveOf([[{ name: 'plugin', content: elf }]]);
    const end = archive.length - 1024; // two blocks of zeros, which some writers leave out
    for (let cut = 0; cut < end; cut += 97) {
      await assert.rejects(
        readImageArchive(inPieces(archive.subarray(0, cut), 512), wanted),
        SyntaxError,
        `cut at ${cut}`,
      );
    }
  });

  it(
    'is refused, and never hangs or takes the process down, whatever its bytes are',
    { timeout: 60_000 },
    async () => {
      const archive = await archiveOf([
        [
          { name: 'plugin', content: elf },
          { name: 'l', type: 'symlink', linkname: 'x' },
        ],
      ]);
      const damage = fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), {
        minLength: 1,
        maxLength: 20,
      });
      await fc.assert(
        fc.asyncProperty(damage, async (bytes) => {
          const damaged = Buffer.from(archive);
          for (const [at, value] of bytes) damaged[at] = value;
          await readImageArchive(inPieces(damaged, 1000), wanted).catch((error: unknown) => {
            assert.ok(error instanceof Error);
          });
        }),
        { numRuns: 200 },
      );
    },
  );

  it('fails with what the stream fails with', async () => {
    const lost = new Error('the engine is gone');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new Uint8Array(100));
      throw lost;
    }
    await assert.rejects(readImageArchive(broken(), wanted), lost);
  });
});
