/** Whatever is thrown, a command ends with words and an exit code: never with an error of the telling itself. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { join } from 'node:path';
import { describeError } from '../../src/cli/describe-error.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { unpainted } from '../../src/cli/output/terminal.ts';
import { PodmanServiceError } from '../../src/engine/index.ts';
import { BulkheadError, errorCodes, type ErrorCode } from '../../src/errors.ts';
import { builtPackage } from '../plugins/built-package.ts';

const codes = Object.keys(errorCodes) as ErrorCode[];
const fail = (): never => {
  throw new Error('from a getter');
};

function told(thrown: unknown): string[] {
  const lines = describeError(thrown, unpainted);
  assert.match(lines[0] ?? '', /^Error: \S/, 'says something');
  assert.ok(lines.every((line) => typeof line === 'string'));
  assert.ok([1, 2, 3].includes(exitCodeOf(thrown)), `exit code ${exitCodeOf(thrown)}`);
  return lines;
}

/** Fields that an error may carry, each in every form that a field of another error, or of another version, may have. */
const strange: readonly unknown[] = [undefined, null, 'text', 7, true, [], {}, [null], { facts: null }];
const fields = [
  'output',
  'exit',
  'diagnosis',
  'phase',
  'hint',
  'cause',
  'message',
  'code',
  'reasons',
  'name',
  'stack',
];

for (const code of codes) {
  it(`${code} is told, whatever the error carries`, () => {
    for (const field of fields) {
      for (const value of strange) {
        const error = new BulkheadError(code, 'what happened');
        Object.defineProperty(error, field, { value });
        told(error);
      }
      const error = new BulkheadError(code, 'what happened');
      Object.defineProperty(error, field, { get: fail });
      told(error);
    }
    for (const output of [
      { stdout: null, stderr: 7 },
      { stdout: 'x' },
      {
        get stdout() {
          return fail();
        },
      },
    ])
      told(Object.assign(new BulkheadError(code, 'what happened'), { output }));
    for (const facts of ['x', [null], [{}], [{ name: 'a' }], [{ name: 1, value: 2 }], { length: 3 }])
      told(Object.assign(new BulkheadError(code, 'what happened'), { diagnosis: { facts } }));
    told(Object.freeze(new BulkheadError(code, 'what happened', { hint: 'Do this.' })));
    told(new PodmanServiceError(code, 'ended', { output: 'Error: exit 5' }));
    const circular = new BulkheadError(code, 'what happened');
    Object.defineProperty(circular, 'cause', { value: circular });
    told(new BulkheadError(code, 'outer', { cause: circular }));
  });
}

describe('what is no error of Bulkhead', () => {
  const gettersThatThrow = new Error('x');
  for (const name of ['stack', 'message', 'name', 'code', 'syscall', 'path', 'errors', 'cause'])
    Object.defineProperty(gettersThatThrow, name, { get: fail });
  const circular = new Error('circular');
  circular.cause = circular;
  const proxy = new Proxy(new Error('x'), { get: fail, getPrototypeOf: fail, has: fail, ownKeys: fail });
  const values: readonly (readonly [string, unknown])[] = [
    ['a text', 'odd'],
    ['an empty text', ''],
    ['undefined', undefined],
    ['null', null],
    ['a number', 42],
    ['a bigint', 42n],
    ['a symbol', Symbol('s')],
    ['a function', () => undefined],
    ['an object', { message: 'of no error' }],
    ['an object without a prototype', Object.create(null)],
    ['an object that can not become a text', { toString: fail }],
    ['an error whose getters throw', gettersThatThrow],
    ['a proxy that throws', proxy],
    ['a frozen error', Object.freeze(new TypeError('x is undefined'))],
    ['an error without a message', new Error('')],
    ['an error whose message is no text', Object.assign(new Error(''), { message: { a: 1 } })],
    ['an error whose cause is itself', circular],
    ['several errors', new AggregateError([new Error('first'), 'second', null], '')],
    ['no errors in one', new AggregateError([])],
    ['errors that are no list', Object.assign(new AggregateError([]), { errors: 7 })],
    ['an abort', AbortSignal.abort().reason],
    [
      'an error of the system',
      Object.assign(new Error('EACCES: x'), { code: 'EACCES', syscall: 'open', path: 7 }),
    ],
  ];
  for (const [what, thrown] of values) {
    it(`is told: ${what}`, () => {
      told(thrown);
    });
  }

  it('says what each of several errors says, where they have no message of their own', () => {
    assert.deepEqual(told(new AggregateError([new Error('first'), 'second'], '')), [
      'Error: first',
      '  second',
    ]);
    assert.deepEqual(told(new Error('')), ['Error: Error without a message']);
  });
});

it('an error of another copy of Bulkhead, with a code that this one does not know, is told', async () => {
  const other = (await import(join(await builtPackage(), 'dist/errors.js'))) as {
    BulkheadError: typeof BulkheadError;
  };
  const foreign = new other.BulkheadError('IMAGE_NOT_PRESENT', 'no such image', { hint: 'Load it.' });
  assert.ok(foreign instanceof BulkheadError);
  assert.deepEqual(told(foreign), ['Error: IMAGE_NOT_PRESENT: no such image', 'Hint: Load it.']);
  assert.equal(exitCodeOf(foreign), 1);
  for (const Copy of [BulkheadError, other.BulkheadError]) {
    const newer = new Copy('OF_A_LATER_VERSION' as never, 'what happened');
    assert.deepEqual(told(newer), ['Error: OF_A_LATER_VERSION: what happened']);
    assert.equal(exitCodeOf(newer), 3);
    Object.defineProperty(newer, 'blames', { value: 'something new' });
    assert.equal(exitCodeOf(newer), 3);
  }
});

it('a service that can not be spawned because no descriptor is left is an error of its own', () => {
  const program = `
    import { openSync } from 'node:fs';
    import { spawnService } from './src/engine/podman-service/service-process.ts';
    const files = [];
    try { for (;;) files.push(openSync('/dev/null')); } catch {}
    const service = spawnService({ file: '/bin/true', args: [], environment: {} }, () => undefined);
    const keepAlive = setTimeout(() => undefined, 60_000);
    await service.exited;
    clearTimeout(keepAlive);
    process.stdout.write(service.ending);`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', program];
  const ended = execFileSync('bash', ['-c', 'ulimit -n 128; exec "$@"', 'bash', ...node], {
    encoding: 'utf8',
  });
  assert.match(ended, /EMFILE/);
});
