/** The description of the HTTP API is complete, and true: schemathesis asks whatever the description allows, and more. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openapiFile, openapiSource, undescribed } from '../../scripts/openapi/document.ts';
import { noEngines } from '../engines/engines.ts';
import { pythonPackages } from './clients/programs.ts';
import { openServeWorld } from './support/serve-command.ts';
import { serverEngine } from './support/with-server.ts';

/** What has to hold for each answer. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'ignored_auth',
];

/** `npm run schemathesis` tries more, for minutes: every edge of every schema, and PUT beside POST, which is the same. */
const full = process.env['BULKHEAD_SCHEMATHESIS'] === 'full';
const effort = full
  ? ['--max-examples', '30', '--phases', 'examples,coverage,fuzzing']
  : ['--max-examples', '1', '--phases', 'examples,fuzzing', '--exclude-method', 'PUT'];

describe('the description of the HTTP API', () => {
  it('has every path that is declared, and no other', () => {
    assert.deepEqual(undescribed(), []);
  });

  it('is what `npm run openapi` writes', async () => {
    assert.equal(await readFile(openapiFile, 'utf8'), openapiSource());
  });

  const skip = serverEngine === undefined && noEngines;
  it('holds for what schemathesis asks a running server', { timeout: 1_800_000, skip }, async (t) => {
    assert.ok(serverEngine);
    const packages = await pythonPackages('schemathesis==4.32.5');
    if (typeof packages !== 'string') {
      t.skip(packages.skipped);
      return;
    }
    const world = await openServeWorld(serverEngine, 'described-kv');
    if ('skipped' in world) {
      t.skip(world.skipped);
      return;
    }
    await using _ended = world;
    const serving = await world.serve('-listen=127.0.0.1:0');
    await serving.api('POST', '/v1/sys/plugins/runtimes/catalog/container/runc', {
      body: { oci_runtime: 'runc' },
    });
    const plugin = { oci_image: world.image, version: world.version, runtime: 'runc' };
    await serving.api('POST', '/v1/sys/plugins/catalog/secret/kv', { body: plugin });
    const { status, text } = await serving.api('POST', '/v1/sys/mounts/secret', { body: { type: 'kv' } });
    assert.equal(status, 204, text);
    // What it found once: a plugin that has left the catalog can't be reloaded, and that is no fault of the server.
    await serving.api('DELETE', `/v1/sys/plugins/catalog/secret/kv?version=${world.version}`);
    const mounts = { mounts: ['secret/'] };
    const reload = await serving.api('POST', '/v1/sys/plugins/reload/backend', { body: mounts });
    assert.equal(reload.status, 400, reload.text);
    await serving.api('POST', '/v1/sys/plugins/catalog/secret/kv', { body: plugin });

    // An instance that no request ends, which schemathesis can't guess.
    await serving.api('POST', '/v1/sys/plugins/catalog/secret/still', { body: plugin });
    await serving.api('POST', '/v1/sys/mounts/still', { body: { type: 'still' } });
    const { body } = await serving.api('GET', '/v1/sys/bulkhead/instances');
    const { instances } = (body as { data: { instances: { id: string; name: string }[] } }).data;
    const { id } = instances.find(({ name }) => name === 'still') ?? assert.fail();
    const { directory } = world.world;
    await writeFile(join(directory, 'schemathesis.toml'), `[parameters]\n"path.instance" = "${id}"\n`);

    const { code, output } = await run(
      directory,
      [
        ...['-m', 'schemathesis.cli', 'run', openapiFile, '--url', serving.url ?? ''],
        ...['--header', `X-Vault-Token: ${serving.token}`, '--checks', checks.join(',')],
        ...effort,
        ...['--generation-deterministic', '--no-color', '--continue-on-failure', '--warnings', 'off'],
        // One removes what ended hosts have left on the engine, which others use too; the others never end.
        ...['--exclude-path-regex', '/sys/bulkhead/(gc|events|.*/follow)'],
      ],
      { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
    );
    assert.equal(code, 0, output);
    t.diagnostic(output.trimEnd().split('\n').at(-1) ?? '');
    assert.equal((await serving.api('GET', '/v1/sys/health')).status, 200);
    assert.equal(await serving.end(), 0, serving.output());
    assert.deepEqual(await world.world.containers(), []);
  });
});

/** @param cwd where it looks for its settings, and keeps what it has found */
function run(
  cwd: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ readonly code: number; readonly output: string }> {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment };
  return new Promise((resolve) => {
    const child = execFile(
      'python3',
      [...args],
      { cwd, env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (child.exitCode ?? 1), output: stdout + stderr });
      },
    );
  });
}
