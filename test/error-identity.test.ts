import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as bulkhead from '../src/index.ts';
import { builtPackage } from './plugins/built-package.ts';
import * as engine from '../src/engine/index.ts';

const { BulkheadError, InvalidOptionError, PluginCallError, PluginError } = bulkhead;
const { ConflictError, EngineError, NotFoundError } = engine;

type Copy = typeof bulkhead & typeof engine;

describe('errors of two copies of the package', () => {
  let folder = '';
  let first: Copy;
  let second: Copy;
  before(
    async () => {
      folder = mkdtempSync(join(resolve('node_modules'), '.two-copies-'));
      const built = await builtPackage();
      const load = async (name: string): Promise<Copy> => {
        cpSync(built, join(folder, name), { recursive: true });
        const entry = async (file: string): Promise<object> =>
          (await import(pathToFileURL(join(folder, name, 'dist', file)).href)) as object;
        return { ...(await entry('index.js')), ...(await entry('engine/index.js')) } as Copy;
      };
      first = await load('first');
      second = await load('second');
    },
    { timeout: 300_000 },
  );
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are instances of the same class of the other copy, and of the classes above it', () => {
    assert.notEqual(first.BulkheadError, second.BulkheadError);
    const error = new first.NotFoundError('gone');
    assert.ok(error instanceof second.NotFoundError);
    assert.ok(error instanceof second.EngineError);
    assert.ok(error instanceof second.BulkheadError);
    assert.ok(new second.InvalidOptionError('env', 'is wrong') instanceof first.InvalidOptionError);
  });

  it('are no instances of any other class', () => {
    const error = new first.NotFoundError('gone');
    assert.ok(!(error instanceof second.ConflictError));
    assert.ok(!(error instanceof second.PluginError));
    assert.ok(!(new first.EngineError('ENGINE_GONE', 'gone') instanceof second.EngineGoneError));
    assert.ok(!(new first.BulkheadError('ENGINE_NOT_FOUND', 'gone') instanceof second.NotFoundError));
  });

  it('pass through the conversion of the other copy', () => {
    const error = new first.NotFoundError('gone');
    assert.equal(second.BulkheadError.from(error), error);
  });

  it('are known when one copy throws and the other catches', async () => {
    const thrown: unknown = await first
      .connectEngine({ socketPath: '/no/such.sock' })
      .catch((error: unknown) => error);
    assert.ok(thrown instanceof second.EngineUnreachableError);
    assert.equal(thrown.code, 'ENGINE_SOCKET_ABSENT');
    assert.equal(thrown.blames, 'engine');
  });

  it('leave the reason of an abort alone', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const thrown: unknown = await first.connectEngine({ signal }).catch((error: unknown) => error);
    assert.equal(thrown, reason);
    assert.ok(!(thrown instanceof second.BulkheadError));
  });
});

describe('what is no error of the package', () => {
  it('is data, or an error, that only looks like one', () => {
    const symbol = Symbol.for('bulkhead.error.BulkheadError');
    const looksLike = [
      { code: 'ENGINE_NOT_FOUND', message: 'gone', name: 'NotFoundError', hint: undefined },
      Object.assign(new Error('gone'), { code: 'ENGINE_NOT_FOUND', name: 'NotFoundError' }),
      { [symbol]: true, code: 'INTERNAL' },
      Object.create(BulkheadError.prototype) as object,
      new Proxy(new BulkheadError('INTERNAL', 'x'), {}),
      undefined,
      null,
      'BulkheadError',
      new DOMException('aborted', 'AbortError'),
    ];
    for (const value of looksLike) assert.ok(!((value as unknown) instanceof BulkheadError));
    assert.ok(!(Object.assign(new Error('x'), { [symbol]: true }) instanceof BulkheadError));
  });

  it('is that of a subclass without a name for another such subclass', () => {
    class Mine extends EngineError {}
    class NotFoundErrorOfMine extends NotFoundError {}
    const mine = new Mine('ENGINE_GONE', 'gone');
    assert.ok(mine instanceof Mine && mine instanceof EngineError && mine instanceof BulkheadError);
    assert.ok(!((mine as unknown) instanceof NotFoundErrorOfMine));
    assert.ok(!((new NotFoundError('x') as unknown) instanceof NotFoundErrorOfMine));
    assert.ok(!((new ConflictError('x') as unknown) instanceof Mine));
  });
});

it('a call error is a plugin error, and an invalid option is not', () => {
  const options = {
    phase: 'call',
    plugin: 'p',
    method: 'm',
    status: 's',
    details: '',
    metadata: {},
  } as const;
  assert.ok(new PluginCallError('PLUGIN_CALL_FAILED', 'x', options) instanceof PluginError);
  assert.ok(!((new InvalidOptionError('a', 'b') as unknown) instanceof PluginError));
});

it('every class of errors has its own name, by which other copies know it', () => {
  const named = new Set<string>();
  const classes = new Map<string, string>();
  for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const text = readFileSync(join('src', path), 'utf8');
    for (const [, name = '', above = ''] of text.matchAll(/\bclass (\w+) extends (\w+)\b/g))
      classes.set(name, above);
    for (const [, name = ''] of text.matchAll(/nameErrorClass\(this, '(\w+)'\)/g)) {
      assert.ok(!named.has(name), `two classes are named ${name}`);
      named.add(name);
    }
  }
  const isOurs = (name: string | undefined): boolean =>
    name === 'BulkheadError' || (name !== undefined && isOurs(classes.get(name)));
  const ours = [...classes.keys()].filter(isOurs);
  assert.ok(ours.length > 40);
  assert.deepEqual(
    ours.filter((name) => !named.has(name)),
    [],
  );
});
