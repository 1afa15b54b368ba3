import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { describe, it } from 'node:test';
import { withTexts } from '../src/error-texts.ts';
import { BulkheadError, InvalidOptionError } from '../src/index.ts';

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('BulkheadError.from', () => {
  it('returns an error of Bulkhead itself', () => {
    const error = new InvalidOptionError('env', 'is wrong');
    assert.equal(BulkheadError.from(error), error);
  });

  it('blames the machine for a file that the system refuses, and says what to do', async () => {
    const cause = await thrownBy(() => open('/no/such/file'));
    const error = BulkheadError.from(cause);
    assert.equal(error.code, 'FILE_UNUSABLE');
    assert.equal(error.blames, 'machine');
    assert.match(error.message, /ENOENT.*\/no\/such\/file/);
    assert.equal(error.hint, 'Check whether the path is right.');
    assert.equal(error.cause, cause);
  });

  it('tells other errors of the system from those of files', async () => {
    const child = spawn('/no/such/program');
    const [ofSpawn] = (await once(child, 'error')) as [Error];
    assert.equal(BulkheadError.from(ofSpawn).code, 'SYSTEM_ERROR');
    const socket = connect('/no/such.sock');
    const [ofConnect] = (await once(socket, 'error')) as [Error];
    assert.equal(BulkheadError.from(ofConnect).code, 'SYSTEM_ERROR');
    const full = Object.assign(new Error('EMFILE: too many open files'), {
      code: 'EMFILE',
      syscall: 'socket',
    });
    assert.match(BulkheadError.from(full).hint ?? '', /ulimit -n/);
  });

  it('takes everything else as internal, with the cause', () => {
    const values = [
      [new TypeError('x is undefined'), 'x is undefined'],
      [Object.assign(new Error('odd'), { code: 'ENOENT' }), 'odd'],
      [Object.assign(new Error('odd'), { code: 'UND_ERR_SOCKET', syscall: 'connect' }), 'odd'],
      ['a text', 'a text'],
      [42, '42'],
      [null, 'null'],
      [{ message: 'of no error' }, 'of no error'],
      [Symbol('s'), 'Symbol(s)'],
    ] as const;
    for (const [thrown, message] of values) {
      const error = BulkheadError.from(thrown);
      assert.equal(error.code, 'INTERNAL');
      assert.equal(error.message, message);
      assert.equal(error.cause, thrown);
    }
    assert.equal(BulkheadError.from(undefined).message, 'undefined');
  });

  it('bears getters that throw, proxies, and objects without a text', () => {
    const fail = (): never => {
      throw new Error('from a getter');
    };
    const error = new Error('x');
    for (const name of ['stack', 'message', 'code', 'cause'])
      Object.defineProperty(error, name, { get: fail });
    const proxy = new Proxy(new Error('x'), { get: fail, getPrototypeOf: fail, ownKeys: fail, has: fail });
    for (const thrown of [error, proxy, Object.create(null) as object, { toString: fail }]) {
      const made = BulkheadError.from(thrown);
      assert.equal(made.code, 'INTERNAL');
      assert.equal(typeof made.message, 'string');
    }
  });

  it('bears causes that lead back', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    assert.equal(BulkheadError.from(first).cause, first);
    const many = new AggregateError([], 'many');
    many.errors = Array.from({ length: 200 }, () => many);
    assert.equal(BulkheadError.from(many).cause, many);
  });
});

it('the texts of causes that lead back are changed, each of them', () => {
  const first = new Error('the secret');
  const second = new Error('secret again', { cause: first });
  first.cause = second;
  const changed = withTexts(first, (text) => text.replaceAll('secret', '***')) as Error;
  assert.notEqual(changed, first);
  assert.equal((changed.cause as Error).cause, changed);
  assert.ok(!inspect(changed, { depth: 20 }).includes('secret'));
});
