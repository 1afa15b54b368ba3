import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { elfParser, parseElf } from '../../src/program/elf.ts';
import { ElfError, readElf } from '../../src/packing/index.ts';
import { buildElf } from './elf-builder.ts';

const nodeBinary = process.execPath;

describe('reading an ELF program', { timeout: 60_000 }, () => {
  test('finds loader, libraries and folders of a dynamic program', () => {
    const elf = parseElf(
      buildElf({
        machine: 183,
        interpreter: '/lib/ld-linux-aarch64.so.1',
        needed: ['libm.so.6', 'libc.so.6'],
        rpath: '/opt/a:/opt/b',
        runpath: '$ORIGIN/../lib',
      }),
    );
    assert.deepEqual(elf, {
      machine: 'arm64',
      type: 'shared',
      interpreter: '/lib/ld-linux-aarch64.so.1',
      needed: ['libm.so.6', 'libc.so.6'],
      rpath: ['/opt/a', '/opt/b'],
      runpath: ['$ORIGIN/../lib'],
    });
  });

  test('tells a static program by its missing loader', () => {
    const elf = parseElf(buildElf({ type: 2 }));
    assert.equal(elf.interpreter, undefined);
    assert.equal(elf.type, 'executable');
    assert.deepEqual(elf.needed, []);
  });

  test('reads the same from disk as from memory, of the Node.js that runs this test', async () => {
    const fromDisk = await readElf(nodeBinary);
    assert.deepEqual(fromDisk, parseElf(await readFile(nodeBinary)));
    assert.ok(fromDisk.needed.some((name) => name.startsWith('libc.')));
    assert.match(fromDisk.interpreter ?? '', /^\/.*ld/);
  });

  test('reads only a few kilobytes of a program, however large it is', async () => {
    const bytes = await readFile(nodeBinary);
    const parser = elfParser();
    let asked = 0;
    let step = parser.next();
    while (step.done !== true) {
      asked += step.value.length;
      step = parser.next(bytes.subarray(step.value.offset, step.value.offset + step.value.length));
    }
    assert.ok(asked < 100_000, `asked for ${asked} bytes`);
  });

  const wrongFiles: readonly (readonly [string, Uint8Array, RegExp, ElfError['reason']])[] = [
    ['an empty file', new Uint8Array(), /the file is empty/, 'not-elf'],
    ['a script', Buffer.from('#!/bin/sh\nexit 0\n'), /it is a script/, 'not-elf'],
    ['a Windows program', Buffer.from('MZ\x90\x00'), /Windows/, 'not-elf'],
    ['a macOS program', Buffer.from('cffaedfe07000001', 'hex'), /macOS/, 'not-elf'],
    ['a 32-bit program', Buffer.from(buildElf({})).fill(1, 4, 5), /32-bit/, 'unsupported'],
    ['a big-endian program', Buffer.from(buildElf({})).fill(2, 5, 6), /big-endian/, 'unsupported'],
    [
      'a program cut short',
      buildElf({ needed: ['libc.so.6'] }).subarray(0, 100),
      /outside the file/,
      'damaged',
    ],
  ];
  for (const [name, bytes, message, reason] of wrongFiles) {
    test(`refuses ${name} and says what it is`, () => {
      assert.throws(
        () => parseElf(bytes),
        (error: unknown) =>
          error instanceof ElfError && error.reason === reason && message.test(error.message),
      );
    });
  }

  test('names the file that is not a program', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulkhead-elf-'));
    try {
      const file = join(folder, 'plugin');
      await writeFile(file, 'just text');
      await assert.rejects(readElf(file), (error: unknown) => {
        assert.ok(error instanceof ElfError);
        assert.equal(error.code, 'ELF_INVALID');
        assert.equal(error.message, `${file}: not an ELF program`);
        return true;
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('whatever the strings, gives them back', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => !/[\0:]/.test(text));
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 20 }),
        fc.array(name, { maxLength: 5 }),
        fc.option(name),
        (needed, runpath, loader) => {
          const elf = parseElf(
            buildElf({
              needed,
              ...(runpath.length > 0 && { runpath: runpath.join(':') }),
              ...(loader !== null && { interpreter: loader }),
            }),
          );
          assert.deepEqual(elf.needed, needed);
          assert.deepEqual(elf.runpath, runpath);
          assert.equal(elf.interpreter, loader ?? undefined);
        },
      ),
    );
  });

  test('answers damage with its own error and nothing else: every byte cut off, every byte changed', () => {
    const whole = buildElf({
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libc.so.6'],
      runpath: '/opt',
    });
    for (let length = 0; length < whole.length; length += 1) parseOrRefuse(whole.subarray(0, length));
    for (let at = 0; at < whole.length; at += 1) {
      for (const value of [0x00, 0x7f, 0x80, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = value;
        parseOrRefuse(changed);
      }
    }
  });

  test('answers garbage behind a valid start with its own error and nothing else', () => {
    const start = buildElf({}).subarray(0, 16);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        parseOrRefuse(Buffer.concat([start, garbage]));
      }),
      { numRuns: 2000 },
    );
  });
});

function parseOrRefuse(bytes: Uint8Array): void {
  try {
    parseElf(bytes);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
}
