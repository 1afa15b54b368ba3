/** What is told of a program that ended: the headline of its crash, in the words of real runtimes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { causeIn } from '../../src/goplugin/output/cause.ts';
import { KeptOutput } from '../../src/goplugin/output/kept-output.ts';
import { goDenied, goOnThePath, noGo } from '../plugins/go-programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-cause-'));
after(() => {
  rmSync(folder, { recursive: true });
});

function keptOf(text: string | Buffer): string {
  const kept = new KeptOutput();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1000) kept.push(bytes.subarray(at, at + 1000));
  return kept.text();
}

function toldOf(text: string | Buffer): string {
  return causeIn(keptOf(text)).words;
}

describe('of a program in Go', { skip: goOnThePath() === undefined && noGo, timeout: 120_000 }, () => {
  const crashes: readonly (readonly [string, RegExp])[] = [
    ['panic', /^panic: the store is corrupt$/],
    ['nil-map', /^panic: assignment to entry in nil map$/],
    [
      'nil-pointer',
      /^panic: runtime error: invalid memory address.*; \[signal SIGSEGV: segmentation violation/,
    ],
    ['deadlock', /^fatal error: all goroutines are asleep - deadlock!$/],
    ['map-writes', /^fatal error: concurrent map writes$/],
    ['overflow', /^fatal error: stack overflow; runtime: goroutine stack exceeds 1000000000-byte limit$/],
    ['flood', /^fatal error: concurrent map writes$/],
  ];
  for (const [how, headline] of crashes) {
    it(`that ends by ${how}, the headline is told`, async () => {
      const { stderr } = spawnSync(await goDenied(), [how], {
        env: how === 'flood' ? { GOTRACEBACK: 'all' } : {},
        maxBuffer: 1 << 28,
      });
      assert.match(toldOf(stderr), headline, stderr.toString().slice(0, 2000));
    });
  }

  it('without a traceback, the headline is told', async () => {
    const { stderr } = spawnSync(await goDenied(), ['panic'], { env: { GOTRACEBACK: 'none' } });
    assert.equal(toldOf(stderr), 'panic: the store is corrupt');
  });
});

describe('of a program for Node.js', () => {
  const programs: readonly (readonly [string, RegExp])[] = [
    ["throw new TypeError('the store is corrupt')", /^TypeError: the store is corrupt$/],
    ["Promise.reject(new Error('the store is corrupt'))", /^Error: the store is corrupt$/],
    ["throw 'a text'", /^(?:Uncaught:? )?'?a text'?$/],
    ["Promise.reject('a text')", /UnhandledPromiseRejection.*"a text"/],
    ["require('./nosuch.js')", /^Error: Cannot find module '\.\/nosuch\.js'$/],
    ['let let = 1', /^SyntaxError: let is disallowed as a lexically bound name$/],
    [
      "require('node:fs').readFileSync('/nosuch')",
      /^Error: ENOENT: no such file or directory, open '\/nosuch'$/,
    ],
  ];
  for (const [program, headline] of programs) {
    it(`that ends by ${program}, the error is told`, () => {
      const file = join(folder, 'program.cjs');
      writeFileSync(file, `console.error('starting');\n${program};\n`);
      const { stderr } = spawnSync(process.execPath, [file]);
      assert.match(toldOf(stderr), headline, stderr.toString());
    });
  }
});

describe('of other programs', () => {
  const recorded: readonly (readonly [string, string, string])[] = [
    [
      'Python',
      'starting\nTraceback (most recent call last):\n  File "/p.py", line 3, in <module>\n    main()\n    ~~~~^^\n  File "/p.py", line 2, in main\n    raise ValueError("the store is corrupt")\nValueError: the store is corrupt\nsaving\n',
      'ValueError: the store is corrupt',
    ],
    [
      'Python, with a cause',
      'Traceback (most recent call last):\n  File "/p.py", line 2, in f\n    1/0\nZeroDivisionError: division by zero\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "/p.py", line 4, in <module>\n    raise KeyError("a")\nKeyError: \'a\'\n',
      "KeyError: 'a'",
    ],
    [
      'Python, with a group',
      '  + Exception Group Traceback (most recent call last):\n  |   File "/p.py", line 1, in <module>\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +---------------- 2 ----------------\n    | ValueError: b\n    +------------------------------------\n',
      'ExceptionGroup: two (2 sub-exceptions)',
    ],
    [
      'Python itself',
      'Fatal Python error: Segmentation fault\n\nCurrent thread 0x00 (most recent call first):\n  File "/p.py", line 1\n',
      'Fatal Python error: Segmentation fault',
    ],
    [
      'Rust',
      "starting\n\nthread 'main' panicked at src/main.rs:2:5:\nthe store is corrupt\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
      "thread 'main' panicked at src/main.rs:2:5: the store is corrupt",
    ],
    [
      'Rust before 1.73',
      "thread 'main' panicked at 'the store is corrupt', src/main.rs:2:5\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
      "thread 'main' panicked at 'the store is corrupt', src/main.rs:2:5",
    ],
    [
      'Java',
      'starting\nException in thread "main" java.lang.IllegalStateException: no store\n\tat Main.main(Main.java:5)\nCaused by: java.io.IOException: the store is corrupt\n\tat Main.open(Main.java:9)\n\t... 1 more\n',
      'Exception in thread "main" java.lang.IllegalStateException: no store; Caused by: java.io.IOException: the store is corrupt',
    ],
    [
      'Java, as a library printed it',
      'starting\njava.lang.IllegalStateException: no store\n\tat Main.main(Main.java:5)\nCaused by: java.io.IOException: the store is corrupt\n\tat Main.open(Main.java:9)\n\t... 1 more\n',
      'java.lang.IllegalStateException: no store; Caused by: java.io.IOException: the store is corrupt',
    ],
    [
      '.NET',
      'Unhandled exception. System.InvalidOperationException: the store is corrupt\n   at Program.<Main>$(String[] args) in /p/Program.cs:line 1\n',
      'Unhandled exception. System.InvalidOperationException: the store is corrupt',
    ],
    [
      'C++',
      "terminate called after throwing an instance of 'std::runtime_error'\n  what():  the store is corrupt\nAborted (core dumped)\n",
      "terminate called after throwing an instance of 'std::runtime_error'; what():  the store is corrupt",
    ],
    [
      'V8',
      '\n<--- Last few GCs --->\n\n[1:0x1] 500 ms: Mark-Compact 254.1 (256.0) -> 253.9 MB\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n\n 1: 0xb1 node::OOMErrorHandler\n',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    ],
    [
      'one that logged an error with hclog, and went on to end',
      '{"@level":"error","@message":"no store","error":"the store is corrupt"}\n{"@level":"info","@message":"shutting down"}\n{"@level":"debug","@message":"plugin process exited"}\n',
      'no store: the store is corrupt',
    ],
    [
      "one that logged an error in hclog's other form",
      '2026-01-01T00:00:00.000Z [ERROR] kv: no store: error="the store is corrupt"\n2026-01-01T00:00:00.000Z [INFO]  kv: shutting down\n',
      '2026-01-01T00:00:00.000Z [ERROR] kv: no store: error="the store is corrupt"',
    ],
    ['one that says nothing else', '[INFO] starting\n[INFO] ending\n', '[INFO] ending'],
    [
      'one that only speaks of a panic',
      'panic: mode is off\nlistening\nworking\nmore\nthe license is missing\n',
      'the license is missing',
    ],
    ['silence', '\n', ''],
  ];
  for (const [what, text, told] of recorded) {
    it(`such as ${what}`, () => {
      assert.equal(toldOf(text), told);
    });
  }
});

describe('of long output', () => {
  const lines = (count: number, word: string) =>
    Array.from({ length: count }, (_, at) => `${word} ${at} ${'.'.repeat(40)}\n`).join('');

  it('the head and the tail are kept, and what is left out between is counted', () => {
    const text = lines(1000, 'line');
    const kept = keptOf(text);
    assert.ok(Buffer.byteLength(kept) <= 8192);
    assert.match(kept, /^line 0 /);
    assert.ok(kept.endsWith(text.slice(-1000)));
    const [mark = '', left = ''] = /\n\.\.\. (\d+) bytes are left out here \.\.\.\n/.exec(kept) ?? [];
    assert.equal(Buffer.byteLength(kept) - (mark.length - 1) + Number(left), Buffer.byteLength(text));
  });

  it('the headline of a crash report is kept, however much comes before and after', () => {
    const text = `${lines(1000, 'before')}panic: the store is corrupt\n\ngoroutine 1 [running]:\n${lines(1000, 'frame')}`;
    const kept = keptOf(text);
    assert.ok(Buffer.byteLength(kept) <= 8192);
    assert.match(
      kept,
      /^before 0 [^]*left out here[^]*\npanic: the store is corrupt\n[^]*left out here[^]*frame 999/,
    );
    assert.equal(causeIn(kept).words, 'panic: the store is corrupt');
  });

  it('of several crash reports, the last one is kept', () => {
    const one = (what: string) =>
      `Traceback (most recent call last):\n${lines(500, '  File')}ValueError: ${what}\n`;
    assert.match(
      keptOf(`${one('first')}${one('second')}`),
      /Traceback[^]*left out here[^]*ValueError: second\n$/,
    );
  });

  it('no half line is kept of the head, in which half a secret could stand', () => {
    const kept = keptOf(`${'x'.repeat(1020)}secret\n${lines(1000, 'line')}`);
    assert.doesNotMatch(kept, /secr|xxx/);
  });
});
