/** Layers are read to their end in every form that engines write; what can't be read is an error, and never half a layer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { readImageArchive } from '../../src/compatibility/image/read-archive.ts';
import { unpack, UnpackBudget } from '../../src/compatibility/image/unpack.ts';

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };
const noZstd =
  zstdCompressSync === undefined && 'Node.js before 22.15 has no zstd, which another test is about';

const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

/** A frame of unpacked blocks, written by hand (RFC 8878), with a window of `exponent + 10` bits. */
function rawFrame(content: Uint8Array, { blockBytes = 100_000, exponent = 10 } = {}): Buffer {
  const parts: Uint8Array[] = [Uint8Array.from([...zstdMagic, 0, exponent << 3])];
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    const isLast = at + blockBytes >= content.length ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | isLast, 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}

function skippableFrame(content: Uint8Array): Buffer {
  const header = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

async function layerWith(name: string, size = 300_000): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: 'bulk', mtime: new Date(0) }, Buffer.alloc(size, 'ab'));
  pack.entry({ name: 'etc/passwd', mtime: new Date(0) }, `${name}:x:1:1`);
  pack.finalize();
  return buffer(pack);
}

/** Cuts the bytes into pieces that are packed each for itself. */
function inMembers(layer: Buffer, pack: (piece: Buffer) => Buffer, size = 50_000): Buffer {
  const members: Buffer[] = [];
  for (let at = 0; at < layer.length; at += size) members.push(pack(layer.subarray(at, at + size)));
  return Buffer.concat(members);
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function archiveOf(layer: Uint8Array): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: 'layer.tar' }, Buffer.from(layer));
  pack.entry({ name: 'manifest.json' }, JSON.stringify([{ Config: 'c', Layers: ['layer.tar'] }]));
  pack.finalize();
  return buffer(pack);
}

async function accountsIn(layer: Uint8Array, pieceBytes = 65_536): Promise<string | undefined> {
  const wanted = { texts: ['etc/passwd'], programs: [] };
  const index = await readImageArchive(inPieces(await archiveOf(layer), pieceBytes), wanted);
  return index.resolve('/etc/passwd')?.file.text;
}

const forms: readonly (readonly [string, (layer: Buffer) => Buffer, isZstd?: true])[] = [
  ['plain', (layer) => layer],
  ['in one gzip member', (layer) => zlib.gzipSync(layer)],
  ['in many gzip members', (layer) => inMembers(layer, (piece) => zlib.gzipSync(piece))],
  [
    'in gzip members with an empty one between them, as estargz writes them',
    (layer) => inMembers(layer, (piece) => Buffer.concat([zlib.gzipSync(piece), zlib.gzipSync(Buffer.of())])),
  ],
  ['in gzip with zeros behind it', (layer) => Buffer.concat([zlib.gzipSync(layer), Buffer.alloc(512)])],
  ['in one zstd frame', (layer) => packZstd(layer), true],
  ['in many zstd frames', (layer) => inMembers(layer, packZstd), true],
  ['in a zstd frame for each few bytes', (layer) => inMembers(layer, packZstd, 700), true],
  [
    'in zstd frames with empty ones between them',
    (layer) => inMembers(layer, (piece) => Buffer.concat([packZstd(piece), packZstd(Buffer.of())])),
    true,
  ],
  [
    'in zstd with a frame first that is skipped, as pzstd writes it',
    (layer) => Buffer.concat([skippableFrame(Buffer.alloc(4)), packZstd(layer)]),
    true,
  ],
  [
    'in zstd:chunked, with frames at the end that are skipped',
    (layer) =>
      Buffer.concat([
        inMembers(layer, packZstd),
        skippableFrame(Buffer.alloc(70_000)),
        skippableFrame(Buffer.alloc(64)),
      ]),
    true,
  ],
  [
    'in zstd blocks that are not packed',
    (layer) => inMembers(layer, (piece) => rawFrame(piece, { blockBytes: 999 })),
    true,
  ],
  [
    'in a long zstd frame',
    (layer) => Buffer.concat([rawFrame(layer, { blockBytes: 5000 }), packZstd(Buffer.of())]),
    true,
  ],
];

function packZstd(bytes: Uint8Array): Buffer {
  assert.ok(zstdCompressSync);
  return zstdCompressSync(bytes);
}

describe('a layer', () => {
  for (const [form, pack, isZstd] of forms) {
    it(
      `${form} is read to its end, however its bytes come`,
      { skip: isZstd === true && noZstd },
      async () => {
        const packed = pack(await layerWith('anna'));
        for (const size of [1021, 65_536, packed.length])
          assert.equal(await accountsIn(packed, size), 'anna:x:1:1');
      },
    );
  }

  it('without a byte has no files', async () => {
    assert.equal(await accountsIn(Buffer.of()), undefined);
  });

  const damaged: readonly (readonly [string, (layer: Buffer) => Buffer, RegExp])[] = [
    ['is cut within a zstd block', (layer) => rawFrame(layer).subarray(0, 50_000), /cut short/],
    [
      'is cut between zstd blocks',
      (layer) => rawFrame(layer, { blockBytes: 1000 }).subarray(0, 6 + 1003),
      /cut short/,
    ],
    [
      'is cut within a frame that is skipped',
      () => skippableFrame(Buffer.alloc(100)).subarray(0, 50),
      /cut short/,
    ],
    [
      'has zeros behind a zstd frame',
      (layer) => Buffer.concat([rawFrame(layer), Buffer.alloc(512)]),
      /no other frame/,
    ],
    [
      'has other bytes behind a zstd frame',
      (layer) => Buffer.concat([rawFrame(layer), layer]),
      /no other frame/,
    ],
    [
      'needs a dictionary',
      (layer) => Buffer.concat([Uint8Array.from([...zstdMagic, 1, 0, 7]), layer]),
      /dictionary/,
    ],
    ['needs a window that is too large', (layer) => rawFrame(layer, { exponent: 18 }), /zstdWindowBytes/],
    [
      'says that it needs a window that is too large for its size',
      (layer) => Buffer.concat([Uint8Array.from([...zstdMagic, 0xa0, 0, 0, 0, 0x80]), layer]),
      /zstdWindowBytes/,
    ],
    [
      'has a block of a kind that does not exist',
      () => Buffer.from([...zstdMagic, 0, 0, 7, 0, 0, 0]),
      /damaged/,
    ],
  ];
  for (const [what, make, message] of damaged) {
    it(`that ${what} is an error`, { skip: noZstd }, async () => {
      await assert.rejects(accountsIn(make(await layerWith('anna'))), (error: Error) => {
        assert.ok(error instanceof SyntaxError, error.stack);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('in a packing that is not read is an error that names it', async () => {
    const rest = Buffer.alloc(600);
    const xz = Buffer.from('fd377a585a00', 'hex');
    await assert.rejects(accountsIn(Buffer.concat([xz, rest])), /packed with xz/);
    await assert.rejects(accountsIn(Buffer.concat([Buffer.from('BZh91AY&SY'), rest])), /packed with bzip2/);
  });

  it(
    'in zstd is an error that says what to do, where Node.js has no zstd',
    { skip: zstdCompressSync !== undefined && 'this Node.js has zstd' },
    async () => {
      const layer = await layerWith('anna');
      for (const packed of [
        rawFrame(layer),
        Buffer.concat([skippableFrame(Buffer.alloc(4)), rawFrame(layer)]),
      ]) {
        await assert.rejects(
          accountsIn(packed),
          /zstd, which this version of Node\.js can't read \(v.*\): run Bulkhead with Node\.js 22\.15 or later/,
        );
      }
    },
  );

  it('in zstd gives no byte more than its frames have', { skip: noZstd }, async () => {
    const bytes = Buffer.from('some text of a layer');
    const chunks: Uint8Array[] = [];
    const packed = Buffer.concat([packZstd(bytes), skippableFrame(bytes), rawFrame(bytes)]);
    for await (const chunk of unpack(inPieces(packed, 3), 'zstd', new UnpackBudget())) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), bytes.toString().repeat(2));
  });
});
