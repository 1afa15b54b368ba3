/** Archives of images: tar, PAX, gzip and zstd, and the whole of it. */
import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { ByteReader } from '../../../src/compatibility/image/byte-reader.ts';
import { readImageArchive } from '../../../src/compatibility/image/read-archive.ts';
import { Slices } from '../../../src/compatibility/image/slices.ts';
import { tarEntries } from '../../../src/compatibility/image/tar-entries.ts';
import { unpack, UnpackBudget, type Packing } from '../../../src/compatibility/image/unpack.ts';
import { parsePaxRecords, parseTarHeader } from '../../../src/engine/codec/tar-header.ts';
import { encodeFileCapabilities } from '../../../src/program/file-capabilities.ts';
import { buildElf } from '../../program/elf-builder.ts';
import { paxHeader, rawArchive, rawEntry, rawHeader, rawTar, withChecksum } from '../../security/raw-tar.ts';
import { bounded, sameHoweverItComes } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const capability = Buffer.from(encodeFileCapabilities(['IPC_LOCK'])).toString('latin1');

/** A layer with everything that a layer can have. */
const layer = rawTar(
  rawEntry({ name: 'etc/', type: '5' }),
  rawEntry({ name: 'etc/passwd' }, 'root:x:0:0::/root:/bin/sh\nplugin:x:65532:65532\n'),
  paxHeader({ path: 'bin/plugin', 'SCHILY.xattr.security.capability': capability, size: '7' }),
  rawEntry({ name: 'short' }, 'content'),
  rawEntry({ name: '././@LongLink', type: 'L' }, `${'long/'.repeat(30)}name\0`),
  rawEntry({ name: 'short' }, '#!/bin/sh\n'),
  rawEntry({ name: '././@LongLink', type: 'K' }, `${'../'.repeat(3)}bin/plugin\0`),
  rawEntry({ name: 'entry', type: '2' }),
  rawEntry({ name: 'hard', type: '1', linkName: 'etc/passwd' }),
  rawEntry({ name: 'srv/.wh.gone' }),
  rawEntry({ name: 'opt/.wh..wh..opq' }),
  paxHeader({ comment: 'global' }, 'g'),
);
const program = rawTar(
  rawEntry({ name: 'plugin' }, buildElf({ interpreter: '/lib/ld.so', needed: ['libc.so.6'] })),
);

const tarWords = [
  ...['0', '1', '2', '5', '7', 'L', 'K', 'x', 'g', 'S', '\0'].map((type) => type),
  ...[
    'ustar\x0000',
    'ustar  \0',
    '.wh.',
    '.wh..wh..opq',
    '../',
    '/',
    './',
    'etc/passwd',
    'bin/plugin',
    'plugin',
  ],
  ...['11 size=1\n', '13 path=a/b\n', '19 size=1.5000000\n', '25 GNU.sparse.realsize=1\n', '14 linkpath=x\n'],
  Buffer.from('80000000000002000000000000', 'hex'),
  Buffer.from('ffffffffffffffffffffff00', 'hex'),
  rawHeader({ name: 'x', type: 'x', size: 512 }),
  rawEntry({ name: 'plugin' }, 'x'),
];

/** Puts the checksum of every block right that may be a header. */
function mendTar(input: Buffer): Buffer {
  for (let at = 0; at + 512 <= input.length; at += 512) {
    const block = input.subarray(at, at + 512);
    if (block.subarray(257, 262).toString('latin1') === 'ustar') withChecksum(block);
  }
  return input;
}

async function* pieces(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield await Promise.resolve(part);
}

const wanted = { texts: ['etc/passwd', 'etc/group'], programs: ['plugin'] };
const lookedFor = ['etc/passwd', 'bin/plugin', 'entry', 'hard', 'plugin', 'srv', 'opt', 'x', 'a/b'];

/** What a check would learn from an archive. */
async function readIndex(parts: readonly Buffer[]) {
  const index = await readImageArchive(pieces(parts), wanted);
  return lookedFor.map((path) => index.resolve(path));
}

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };

function unpackTarget(
  packing: Packing,
  pack: (bytes: Uint8Array) => Buffer,
  magic: readonly number[],
): FuzzTarget {
  return {
    name: packing,
    async run(input) {
      const output = await sameHoweverItComes(input, async (parts) => {
        const chunks: Buffer[] = [];
        for await (const chunk of unpack(pieces(parts), packing, new UnpackBudget()))
          chunks.push(Buffer.from(chunk));
        return Buffer.concat(chunks);
      });
      if (packing === 'gzip') bounded('unpacked', output.length, input, 1040);
    },
    allowed: [SyntaxError],
    seeds: () => [
      pack(layer),
      Buffer.concat([pack(Buffer.from('one')), pack(Buffer.from('two'))]),
      pack(Buffer.alloc(50_000)),
    ],
    words: [Uint8Array.from(magic)],
  };
}

export const imageTargets: readonly FuzzTarget[] = [
  {
    name: 'tar-header',
    run(input) {
      const header = parseTarHeader(input);
      if (header === undefined) return;
      for (const number of [header.size, header.mode, header.uid, header.gid]) {
        assert.ok(Number.isSafeInteger(number) && number >= 0);
      }
      assert.ok(Number.isSafeInteger(header.modifiedAt));
    },
    allowed: [SyntaxError],
    seeds: () => [rawHeader({ name: 'a/b', size: 77, linkName: 'c' }), layer.subarray(1024, 1536)],
    words: tarWords,
    mend: mendTar,
    longest: 600,
  },
  {
    name: 'pax-records',
    run(input) {
      let total = 0;
      for (const [key, value] of parsePaxRecords(input)) {
        assert.ok(key.length > 0 && !key.includes('='));
        total += value.length;
      }
      bounded('values', total, input, 1, 0);
    },
    allowed: [SyntaxError],
    seeds: () => [paxHeader({ path: 'a', size: '12', 'SCHILY.xattr.user.x': 'a=b\n' }).subarray(512, 580)],
    words: ['=', '\n', ' ', '9 a=bbbb\n', '11 size=1\n'],
  },
  {
    name: 'tar',
    async run(input) {
      const entries = await sameHoweverItComes(input, async (parts) => {
        const read: unknown[] = [];
        for await (const { body, ...entry } of tarEntries(
          new ByteReader(pieces(parts)),
          new Slices(undefined),
        )) {
          let length = 0;
          for await (const piece of body) length += piece.length;
          assert.equal(length, entry.size);
          read.push(entry);
        }
        return read;
      });
      bounded('entries', entries.length, input, 1 / 512, 1);
    },
    allowed: [SyntaxError],
    seeds: () => [layer, program],
    words: tarWords,
    mend: mendTar,
  },
  {
    name: 'image-layer',
    async run(input) {
      await sameHoweverItComes(input, (parts) => readIndex([rawArchive(Buffer.concat(parts))]));
    },
    allowed: [SyntaxError],
    seeds: () => [layer, program, zlib.gzipSync(program)],
    words: tarWords,
    mend: mendTar,
  },
  {
    name: 'image-archive',
    async run(input) {
      await sameHoweverItComes(input, readIndex);
    },
    allowed: [SyntaxError],
    seeds: () => [rawArchive(program), rawArchive(layer, program), rawArchive(zlib.gzipSync(layer))],
    words: [...tarWords, 'manifest.json', '"Layers":', '0/layer.tar', '[[', '{}', 'null', 'blobs/'],
    mend: mendTar,
  },
  unpackTarget('gzip', (bytes) => zlib.gzipSync(bytes), [0x1f, 0x8b]),
  ...(zstdCompressSync === undefined
    ? []
    : [unpackTarget('zstd', zstdCompressSync, [0x28, 0xb5, 0x2f, 0xfd])]),
];
