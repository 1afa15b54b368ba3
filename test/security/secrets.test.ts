/** Secrets that are given to a plugin, or to an engine, and what must not repeat them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { toPluginEntry } from '../../src/catalog/index.ts';
import { redactor } from '../../src/container/secret-values.ts';
import { describeFailure } from '../../src/engine/transport/describe-failure.ts';
import { withTexts } from '../../src/error-texts.ts';
import { BulkheadError } from '../../src/index.ts';
import { runInProcess } from '../cli/in-process.ts';

const secret = 'S3CRET-value';
const image = { type: 'secret', name: 'kv', ociImage: 'localhost/kv:1' };

const wrong: readonly (readonly [field: string, registration: object])[] = [
  ['name', { name: '' }],
  ['type', { type: 'Secret' }],
  ['sha256', { sha256: secret }],
  ['version', { version: 'latest' }],
  ['runtime', { runtime: `${secret}!` }],
  ['args[1]', { args: [secret, `${secret}\0`] }],
  ['env[1]', { env: ['A=b', secret] }],
  ['env', { env: { [`TOKEN=${secret}`]: 'x' } }],
  ['env', { env: { TOKEN: `${secret}\0` } }],
  ['env', { env: { PLUGIN_TOKEN: secret } }],
  ['command', { command: `kv ${secret}`, args: [secret] }],
];

for (const [field, registration] of wrong) {
  test(`refuses a wrong ${field} beside secrets, and repeats none of them`, () => {
    const given = { ...image, env: { TOKEN: secret }, args: [`--token=${secret}`], ...registration };
    assert.throws(
      () => toPluginEntry(given),
      (error: unknown) => {
        assert.ok(error instanceof BulkheadError);
        assert.ok(error.message.startsWith(`${field}: `), error.message);
        const everything = inspect(error, { depth: 10, showHidden: true });
        assert.ok(!everything.includes(secret), everything);
        return true;
      },
    );
  });
}

test('shows how many arguments are registered, and what they say only when that is asked for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'secrets-'));
  const run = (...args: string[]) => runInProcess(args, { BULKHEAD_DIRECTORY: directory });
  try {
    const registered = await run(
      'plugin',
      'register',
      '-skip_probe',
      '-oci_image=localhost/kv:1',
      `-args=--token=${secret}`,
      `-args=${secret}`,
      `-env=TOKEN=${secret}`,
      'secret',
      'kv',
    );
    assert.equal(registered.status, 0, registered.stderr);
    const shown = [registered];
    for (const format of ['table', 'json', 'yaml']) {
      shown.push(await run('plugin', 'info', `-format=${format}`, 'secret', 'kv'));
      shown.push(await run('plugin', 'list', '-detailed', `-format=${format}`));
    }
    shown.push(await run('plugin', 'info', '-field=args', 'secret', 'kv'));
    for (const { stdout, stderr } of shown)
      assert.ok(!`${stdout}${stderr}`.includes(secret), stdout + stderr);
    assert.equal((await run('plugin', 'info', '-field=arg_count', 'secret', 'kv')).stdout, '2\n');
    const asked = await run('plugin', 'info', '-show_args', '-field=args', 'secret', 'kv');
    assert.equal(asked.stdout, `["--token=${secret}","${secret}"]\n`);
    const everything = await run('plugin', 'info', '-show_args', '-format=json', 'secret', 'kv');
    assert.deepEqual(Object.keys(JSON.parse(everything.stdout) as object).includes('env'), false);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('takes values of arguments and variables out of an error, its causes, its data and its stack', () => {
  const redact = redactor({ args: [`--token=${secret}`, 'serve'], env: { KEY: 'line\nkey"', MODE: 'on' } });
  const cause = Object.assign(new Error(`exec: "${secret}": no such file`), {
    details: [{ text: `--token=${secret}` }],
  });
  const error = new BulkheadError('CONTAINER_START_FAILED', `serve: line\\nkey\\" ${secret} on`, {
    cause: new AggregateError([cause], secret),
    hint: `say ${secret}`,
  });
  const redacted = withTexts(error, redact) as BulkheadError;
  assert.ok(redacted instanceof BulkheadError && redacted.code === 'CONTAINER_START_FAILED');
  assert.equal(redacted.message, 'serve: [removed] [removed] on');
  assert.ok(!inspect(redacted, { depth: 10, showHidden: true }).includes(secret));
  const harmless = new BulkheadError('CLEANUP_FAILED', 'nothing', { cause: new Error('in it') });
  assert.equal(withTexts(harmless, redact), harmless);
});

test('leaves the query of a request out of an error, where arguments of a build stand', async () => {
  const query = `buildargs=${encodeURIComponent(JSON.stringify({ TOKEN: secret }))}`;
  for (const code of [
    'ECONNRESET',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_DESTROYED',
    'HPE_INVALID',
  ]) {
    const error = await describeFailure(Object.assign(new Error('failed'), { code }), {
      method: 'POST',
      target: `/v1.41/build?${query}`,
      socketPath: '/run/engine.sock',
    });
    assert.ok(error instanceof BulkheadError);
    assert.match(error.message, /^POST \/v1\.41\/build: /);
    const everything = inspect(error, { depth: 10, showHidden: true });
    assert.ok(!everything.includes(secret) && !everything.includes('buildargs'), everything);
  }
});
