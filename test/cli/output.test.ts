import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { describeError } from '../../src/cli/describe-error.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { printFields } from '../../src/cli/output/document.ts';
import { plainText } from '../../src/cli/output/plain-text.ts';
import { shown, tableLines } from '../../src/cli/output/table.ts';
import { terminalOn, unpainted } from '../../src/cli/output/terminal.ts';
import { toYaml } from '../../src/cli/output/yaml.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { PodmanServiceError } from '../../src/engine/index.ts';
import { BulkheadError, errorCodes, InvalidOptionError, type ErrorCode } from '../../src/errors.ts';

function screen({ tty, ...environment }: { tty: boolean; NO_COLOR?: string; TERM?: string }) {
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY: tty,
    columns: 20,
    write: (text: string) => {
      written[name] += text;
    },
  });
  return { written, terminal: terminalOn(stream('out'), stream('err'), environment) };
}

describe('a terminal', () => {
  it('has colours, and progress that is overwritten', () => {
    const { written, terminal } = screen({ tty: true });
    terminal.progress('launching the first of many cells');
    terminal.out(terminal.paint('green', 'yes'));
    assert.equal(written.out, '\u001b[32myes\u001b[0m\n');
    assert.equal(written.err, 'launching the first\r\u001b[K');
  });

  it('has no colours with NO_COLOR, and neither colours nor progress where it is dumb', () => {
    const plain = screen({ tty: true, NO_COLOR: '1' });
    assert.equal(plain.terminal.paint('green', 'yes'), 'yes');
    const dumb = screen({ tty: true, TERM: 'dumb' });
    dumb.terminal.progress('launching');
    assert.equal(dumb.terminal.paintErr('red', 'no') + dumb.written.err, 'no');
  });

  it('is a pipe: neither colours nor progress', () => {
    const { written, terminal } = screen({ tty: false });
    terminal.progress('launching');
    terminal.err(terminal.paintErr('red', 'no'));
    assert.deepEqual(written, { out: '', err: 'no\n' });
  });

  it('is never steered by text of others', () => {
    assert.equal(
      plainText('a\u001b[2Jb\u009bc\r\nd\te\u202ef\u0000'),
      'a\\u001b[2Jb\\u009bc\nd\te\\u202ef\\u0000',
    );
  });
});

describe('tables', () => {
  it("look like Vault's", () => {
    const lines = tableLines(
      ['Name', 'Type', 'OCI Runtime', 'Parent Cgroup', 'CPU Nanos', 'Memory Bytes'],
      [
        ['my-runc', 'container', 'runc', shown(''), '0', '0'],
        ['my-runsc', 'container', 'runsc', '/obs', '500000000', '268435456'],
      ],
    );
    assert.deepEqual(lines, [
      'Name        Type         OCI Runtime    Parent Cgroup    CPU Nanos    Memory Bytes',
      '----        ----         -----------    -------------    ---------    ------------',
      'my-runc     container    runc           n/a              0            0',
      'my-runsc    container    runsc          /obs             500000000    268435456',
    ]);
  });

  it('show fields sorted by name, nothing as n/a, and lists as JSON', () => {
    const { written, terminal } = screen({ tty: false });
    printFields(
      terminal,
      { format: 'table', field: undefined },
      { version: 'v1', args: ['-x'], command: '', builtin: false },
    );
    assert.equal(
      written.out,
      'Key        Value\n---        -----\nargs       ["-x"]\nbuiltin    false\ncommand    n/a\nversion    v1\n',
    );
  });

  it('print one field alone, and name the fields when there is no such one', () => {
    const { written, terminal } = screen({ tty: false });
    printFields(terminal, { format: 'table', field: 'name' }, { name: 'kv', args: [] });
    printFields(terminal, { format: 'json', field: 'args' }, { name: 'kv', args: [] });
    assert.equal(written.out, 'kv\n[]\n');
    assert.throws(() => {
      printFields(terminal, { format: 'table', field: 'toString' }, { name: 'kv' });
    }, /no field "toString"; there are name/);
  });
});

describe('YAML', () => {
  it('is what it was, when read again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(parse(toYaml(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is pleasant to read', () => {
    const value = { name: 'kv', list: [{ a: 1, b: ['x y', 'on', '1.5'] }, []], none: null, text: 'a: b\n' };
    assert.equal(
      toYaml(value),
      'name: kv\nlist:\n  - a: 1\n    b:\n      - x y\n      - "on"\n      - "1.5"\n  - []\nnone: null\ntext: "a: b\\n"\n',
    );
  });

  it('is read by a reader of YAML 1.1 alike, for words that meant something there', () => {
    for (const word of [
      'yes',
      'No',
      'on',
      'OFF',
      'y',
      'n',
      'true',
      'null',
      '~',
      '1_000',
      '0o17',
      '12:30:45',
      '=',
    ]) {
      assert.equal((parse(toYaml({ word }), { version: '1.1' }) as { word: unknown }).word, word);
    }
  });
});

describe('errors', () => {
  it('say what, where and what to do', () => {
    const error = new BulkheadError('IMAGE_NOT_PRESENT', 'the engine has no image nosuch:1\nsecond line', {
      hint: 'Load it first.',
    });
    assert.deepEqual(describeError(error, unpainted), [
      'Error: IMAGE_NOT_PRESENT: the engine has no image nosuch:1',
      '  second line',
      'Hint: Load it first.',
    ]);
    assert.deepEqual(describeError(new Error('disk full'), unpainted), ['Error: disk full']);
    assert.deepEqual(describeError('odd', unpainted), ['Error: odd']);
  });

  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    it(`are told whatever they carry: ${code}`, () => {
      const carried = [
        {},
        { output: 'text of a service' },
        { output: { stdout: 'out\n', stderr: '' } },
        { output: undefined, exit: undefined, diagnosis: undefined, phase: undefined },
        { phase: 'start', exit: { code: 1 }, diagnosis: { facts: [{ name: 'user', value: 'root' }] } },
        new PodmanServiceError('PODMAN_SERVICE_FAILED', 'ended', { output: 'Error: exit 5' }),
      ];
      for (const parts of carried) {
        const error = Object.assign(new BulkheadError(code, 'what happened'), parts);
        assert.equal(describeError(error, unpainted)[0], `Error: ${error.code}: ${error.message}`);
      }
    });
  }

  it('lead to the exit code of their meaning', () => {
    const expected: readonly (readonly [ErrorCode, number])[] = [
      ['ENGINE_NONE_FOUND', 3],
      ['ENGINE_SOCKET_FORBIDDEN', 3],
      ['ENGINE_GONE', 3],
      ['ENGINE_NOT_FOUND', 1],
      ['PODMAN_MISSING', 3],
      ['IMAGE_NOT_PRESENT', 1],
      ['LAUNCH_REFUSED', 1],
      ['PLUGIN_EXITED', 1],
      ['CATALOG_NOT_FOUND', 1],
      ['CATALOG_IN_USE', 1],
      ['CATALOG_UNWRITABLE', 3],
      ['CATALOG_DAMAGED', 3],
    ];
    for (const [code, exit] of expected) assert.equal(exitCodeOf(new BulkheadError(code, '')), exit, code);
    assert.equal(exitCodeOf(new InvalidOptionError('user', 'wrong')), 2);
    assert.equal(exitCodeOf(new Error('EACCES')), 3);
    for (const code of Object.keys(errorCodes)) {
      assert.ok([1, 2, 3].includes(exitCodeOf(new BulkheadError(code as ErrorCode, ''))), code);
    }
  });

  it('of usage are no errors of ours', () => {
    assert.ok(!(new UsageError('x') instanceof BulkheadError));
  });
});
