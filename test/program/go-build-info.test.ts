/** What the Go compiler writes into every program is found wherever it lies, and only there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProgramScan } from '../../src/compatibility/image/program-scan.ts';
import { goBuildInfoMagic, parseGoBuildInfo } from '../../src/program/go-build-info.ts';
import { buildElf } from './elf-builder.ts';

const mark = '0123456789abcdef';
const lines = [
  'path\texample.com/plugin',
  'mod\texample.com/plugin\t(devel)\t',
  'dep\tgithub.com/hashicorp/go-plugin\tv1.6.3\th1:abc=',
  'dep\tgithub.com/hashicorp/yamux\tv0.1.1\th1:def=',
  '=>\t../yamux\t',
  'build\t-buildmode=exe',
];

function buildInfo(version = 'go1.24.3', text = lines.join('\n'), flags = 2): Buffer {
  const header = Buffer.alloc(32);
  goBuildInfoMagic.copy(header);
  header[14] = 8;
  header[15] = flags;
  const string = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    const length: number[] = [];
    for (let left = bytes.length; ; left = Math.floor(left / 128)) {
      length.push(left < 128 ? left : (left & 127) | 128);
      if (left < 128) break;
    }
    return Buffer.concat([Buffer.from(length), bytes]);
  };
  return Buffer.concat([header, string(version), string(`${mark}${text}\n${mark}`)]);
}

describe('the build info of a Go program', () => {
  it('tells the compiler, the main package, and the version of each module, replaced ones as replaced', () => {
    const info = parseGoBuildInfo(buildInfo());
    assert.equal(info?.goVersion, 'go1.24.3');
    assert.equal(info.path, 'example.com/plugin');
    assert.equal(info.modules.get('github.com/hashicorp/go-plugin'), 'v1.6.3');
    assert.equal(info.modules.get('github.com/hashicorp/yamux'), '(devel)');
  });

  it('is not the text alone, as programs have it that can read build infos, nor that of Go before 1.18', () => {
    assert.equal(parseGoBuildInfo(Buffer.concat([goBuildInfoMagic, Buffer.alloc(100)])), undefined);
    assert.equal(parseGoBuildInfo(buildInfo('go1.17', '', 0)), undefined);
    assert.equal(parseGoBuildInfo(buildInfo('C++')), undefined);
    assert.equal(parseGoBuildInfo(buildInfo().subarray(0, 60)), undefined);
  });

  it('is found behind a text that only looks like it, at whatever byte the pieces of the program end', () => {
    const decoy = Buffer.concat([goBuildInfoMagic, Buffer.from([8, 2]), Buffer.alloc(50)]);
    const program = Buffer.concat([
      buildElf({}),
      Buffer.alloc(70_000),
      decoy,
      Buffer.alloc(9),
      buildInfo(),
      Buffer.alloc(300),
    ]);
    for (const size of [5, 1013, 4096, 65_536, program.length]) {
      const scan = new ProgramScan();
      for (let at = 0; at < program.length; at += size) scan.push(program.subarray(at, at + size));
      const found = scan.end();
      assert.equal(found.kind, 'elf');
      assert.equal(found.go?.modules.get('github.com/hashicorp/go-plugin'), 'v1.6.3', `pieces of ${size}`);
    }
    const start = program.indexOf(decoy) - 40;
    for (let cut = start; cut < start + 400; cut += 1) {
      const scan = new ProgramScan();
      scan.push(program.subarray(0, cut));
      scan.push(program.subarray(cut));
      assert.equal(scan.end().go?.goVersion, 'go1.24.3', `cut at ${cut}`);
    }
  });
});
