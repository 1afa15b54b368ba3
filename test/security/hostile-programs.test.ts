/** Programs made by somebody who wants to take their reader down, or to be taken for something else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProgramScan } from '../../src/compatibility/image/program-scan.ts';
import { parseElf } from '../../src/program/elf.ts';
import { ElfError } from '../../src/program/errors.ts';
import { goBuildInfoMagic } from '../../src/program/go-build-info.ts';
import type { programLimits } from '../../src/program/limits.ts';
import { buildElf } from '../program/elf-builder.ts';

const needed = (count: number, length = 4) =>
  Array.from({ length: count }, (_, index) => `${index}`.padStart(length, 'l'));

/** An ELF program with 64 bits at `at` changed. */
function patched(
  at: number,
  value: bigint,
  parts = { interpreter: '/lib/ld.so', needed: ['libc.so.6'] },
): Buffer {
  const bytes = Buffer.from(buildElf(parts));
  bytes.writeBigUInt64LE(value, at);
  return bytes;
}

/** Where in the file the size of the third segment stands, which is the dynamic one. */
const dynamicSizeAt = 64 + 2 * 56 + 32;
const dynamicOffsetAt = 64 + 2 * 56 + 8;

function scan(bytes: Uint8Array, size = 64 * 1024) {
  const program = new ProgramScan();
  for (let at = 0; at < bytes.length; at += size) program.push(bytes.subarray(at, at + size));
  return program.end();
}

function buildInfo(modulesLength: number): Buffer {
  const length = [modulesLength & 127, (modulesLength >> 7) & 127, modulesLength >> 14].map((part, index) =>
    index < 2 ? part | 128 : part,
  );
  const head = Buffer.alloc(32);
  goBuildInfoMagic.copy(head);
  head.set([8, 2], 14);
  return Buffer.concat([head, Buffer.from([8]), Buffer.from('go1.24.3'), Buffer.from(length)]);
}

describe('a program that claims more than is read of any', () => {
  const manyHeaders = Buffer.from(buildElf({}));
  manyHeaders.writeUInt16LE(0xffff, 56);
  const attacks: Readonly<Record<keyof typeof programLimits, Uint8Array>> = {
    programHeaderBytes: Buffer.concat([manyHeaders, Buffer.alloc(4 << 20)]),
    dynamicBytes: patched(dynamicSizeAt, 2n ** 50n),
    libraries: buildElf({ needed: needed(5000) }),
    libraryNameBytes: buildElf({ needed: needed(1000, 100) }),
    goBuildInfoBytes: Buffer.concat([buildElf({}), buildInfo(1 << 20), Buffer.alloc(2 << 20)]),
    goBuildInfoPlaces: Buffer.concat([buildElf({}), Buffer.alloc(1 << 20, goBuildInfoMagic)]),
  };
  for (const [name, bytes] of Object.entries(attacks)) {
    it(`is unknown, with the limit named: ${name}`, { timeout: 30_000 }, () => {
      for (const size of [1000, 64 * 1024, bytes.length]) {
        assert.match(scan(bytes, size).beyond ?? '', new RegExp(`\\(${name}\\)`), `${size} bytes at a time`);
      }
    });
  }

  it('is read in passing with no more memory than its sections may have', { timeout: 120_000 }, () => {
    const program = new ProgramScan();
    program.push(patched(dynamicSizeAt, 2n ** 50n));
    const piece = Buffer.alloc(1 << 20, 1);
    const before = process.memoryUsage().arrayBuffers;
    for (let read = 0; read < 512; read += 1) program.push(piece);
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 64 << 20, `${grown} bytes kept of a program of 512 MiB`);
    assert.match(program.end().beyond ?? '', /dynamicBytes/);
  });

  it('is read in time where every place looks like build info that goes on', { timeout: 60_000 }, () => {
    // Each claims 400,000 bytes, so all of them stay open over many pieces.
    const program = Buffer.concat([buildElf({}), Buffer.alloc(8 << 20, buildInfo(400_000))]);
    const scanned = scan(program, 16 * 1024);
    assert.ok(scanned.go !== undefined || scanned.beyond !== undefined);
  });
});

describe('a program that contradicts itself', () => {
  it('is refused by an ElfError wherever its headers lead', () => {
    const offsets = [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 53n - 8n, 1n << 40n];
    for (const offset of offsets) {
      for (const at of [32, dynamicOffsetAt, 64 + 56 + 8]) {
        assert.throws(() => parseElf(patched(at, offset)), ElfError, `${offset} at ${at}`);
      }
    }
  });

  it('is read where its segments lie on each other', () => {
    const { needed } = parseElf(patched(64 + 8, 0n));
    assert.deepEqual(needed, ['libc.so.6']);
  });

  it('is refused where its table of strings has no end, or is longer than the file', () => {
    const bytes = patched(0, 0x10102464c457fn);
    const dynamic = Number(bytes.readBigUInt64LE(dynamicOffsetAt));
    const lengthAt = bytes.indexOf(Buffer.from('0a00000000000000', 'hex'), dynamic) + 8;
    bytes.writeBigUInt64LE(2n ** 52n, lengthAt);
    bytes.writeBigUInt64LE(BigInt(bytes.length), dynamic + 8); // the name of the library lies behind all else
    assert.throws(() => parseElf(Buffer.concat([bytes, Buffer.alloc(8192, 'x')])), ElfError);
    bytes.writeBigUInt64LE(2n ** 51n, dynamic + 8);
    assert.throws(() => parseElf(bytes), ElfError);
  });

  it('is no ELF program where the path of its loader is longer than any', () => {
    const bytes = Buffer.from(buildElf({ interpreter: `/${'l'.repeat(2 << 20)}` }));
    assert.throws(() => parseElf(bytes), ElfError);
    assert.equal(scan(bytes).kind, 'other');
  });
});

it('what lies behind the kept head of a large program is found where its headers lead there', () => {
  const bytes = Buffer.from(buildElf({ interpreter: '/lib/ld.so', needed: ['libc.so.6'] }));
  const far = 20 << 20;
  const interpreter = Buffer.from('/far/away/ld.so\0');
  bytes.writeBigUInt64LE(BigInt(far), 64 + 56 + 8);
  bytes.writeBigUInt64LE(BigInt(interpreter.length), 64 + 56 + 32);
  const program = Buffer.concat([bytes, Buffer.alloc(far - bytes.length), interpreter]);
  assert.equal(scan(program).outline?.interpreter, '/far/away/ld.so');
});
