/** Programs: ELF, Go's build info, file capabilities. */
import assert from 'node:assert/strict';
import { GoBuildInfoSearch } from '../../../src/compatibility/image/go-search.ts';
import { ProgramScan } from '../../../src/compatibility/image/program-scan.ts';
import { parseElf, type ElfFile } from '../../../src/program/elf.ts';
import { ElfError } from '../../../src/program/errors.ts';
import { decodeFileCapabilities, encodeFileCapabilities } from '../../../src/program/file-capabilities.ts';
import { goBuildInfoMagic, parseGoBuildInfo } from '../../../src/program/go-build-info.ts';
import { programLimits } from '../../../src/program/limits.ts';
import { buildElf } from '../../program/elf-builder.ts';
import { bounded, sameHoweverCut } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

function goBuildInfo(version: string, modules: string): Buffer {
  const header = Buffer.alloc(32);
  goBuildInfoMagic.copy(header);
  header.set([8, 2], 14);
  const string = (text: string) => {
    const low = (text.length & 127) | (text.length > 127 ? 128 : 0);
    return Buffer.concat([
      Buffer.from(text.length > 127 ? [low, text.length >> 7] : [low]),
      Buffer.from(text),
    ]);
  };
  return Buffer.concat([header, string(version), string(`${'m'.repeat(16)}${modules}${'n'.repeat(16)}`)]);
}

const modules =
  'path\ta\nmod\ta\t(devel)\t\ndep\tgithub.com/hashicorp/go-plugin\tv1.6.0\th1:x=\n=>\tb\tv2.0.0\t\n';
const elf = Buffer.from(
  buildElf({
    interpreter: '/lib/ld.so',
    needed: ['libc.so.6', 'libm.so.6'],
    rpath: '/a:/b',
    runpath: '$ORIGIN',
  }),
);

function scan(parts: readonly Buffer[]) {
  const program = new ProgramScan();
  for (const part of parts) program.push(part);
  return program.end();
}

function parsed(input: Buffer): ElfFile | undefined {
  try {
    return parseElf(input);
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
}

export const programTargets: readonly FuzzTarget[] = [
  {
    name: 'elf',
    run(input) {
      const { needed, rpath, runpath, interpreter = '' } = parseElf(input);
      const names = [...needed, ...rpath, ...runpath];
      assert.ok(names.join('').length <= programLimits.libraryNameBytes.most && interpreter.length < 4096);
    },
    allowed: [ElfError],
    seeds: () => [elf, Buffer.from(buildElf({ type: 2 }))],
    words: [Buffer.from('7f454c46020101', 'hex')],
  },
  {
    name: 'program-scan',
    run(input) {
      const scanned = sameHoweverCut(input, scan);
      const whole = parsed(input);
      if (whole === undefined || scanned.kind !== 'elf') return;
      assert.equal(scanned.outline?.interpreter, whole.interpreter);
      if (scanned.needed !== undefined) assert.deepEqual(scanned.needed, whole.needed);
    },
    allowed: [],
    seeds: () => [
      elf,
      Buffer.concat([elf, Buffer.alloc(20), goBuildInfo('go1.24.3', modules)]),
      Buffer.from('#! /usr/bin/env node\n'),
    ],
    words: [goBuildInfoMagic, 'go1.2', '#!'],
  },
  {
    name: 'go-build-info',
    run(input) {
      const found = sameHoweverCut(input, (parts) => {
        const search = new GoBuildInfoSearch();
        for (const part of parts) search.push(part);
        search.end();
        return { found: search.found, beyond: search.beyond };
      });
      const info = parseGoBuildInfo(input);
      if (info === undefined) return;
      bounded('modules', [...info.modules].flat().join('').length, input, 1);
      if (input.subarray(0, goBuildInfoMagic.length).equals(goBuildInfoMagic) && found.found !== undefined) {
        assert.match(found.found.goVersion, /^(?:go\d|devel)/);
      }
    },
    allowed: [],
    seeds: () => [
      goBuildInfo('go1.24.3', modules),
      goBuildInfo('devel go1.25', ''),
      goBuildInfo('go1.20', modules.repeat(9)),
    ],
    words: [goBuildInfoMagic, 'dep\t', 'mod\t', '=>\t', '\n', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])],
  },
  {
    name: 'file-capabilities',
    run(input) {
      const read = decodeFileCapabilities(input);
      if (read === undefined) return;
      assert.ok(read.permitted.length <= 64);
      const known = read.permitted.filter((name) => !name.startsWith('#'));
      assert.deepEqual(decodeFileCapabilities(encodeFileCapabilities(known))?.permitted, known);
    },
    allowed: [],
    seeds: () => [
      encodeFileCapabilities(['IPC_LOCK', 'BPF']),
      Buffer.concat([encodeFileCapabilities(['CHOWN']).fill(3, 3, 4), Buffer.alloc(4)]),
    ],
    longest: 64,
  },
];
