/** `bulkhead serve` as a user runs it: the API and the commands use the same mounts, and a restart keeps everything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { linesOf, openCommandWorld, type CommandWorld } from '../cli/command-world.ts';
import { noEngines } from '../engines/engines.ts';
import { loadFixture } from '../plugins/images.ts';
import { apiClient } from './support/api-client.ts';
import { serverEngine } from './support/with-server.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000, skip: serverEngine === undefined ? noEngines : false };

it('serves clients and commands together, and goes on after a restart and a kill', limits, async (t) => {
  assert.ok(serverEngine !== undefined);
  await using world = await openCommandWorld(serverEngine);
  const image = await loadFixture(world.engine, 'go-vault-secrets-kv');
  if (image.skipped !== undefined) {
    t.skip(image.skipped);
    return;
  }
  const log = join(world.directory, 'access.log');
  const first = await serve(world, '-listen=127.0.0.1:0', `-access_log=${log}`);
  const { url, token = '' } = first;
  assert.match(token, /^bulkhead\./);
  for (const at of [first.socket, url]) {
    const api = apiClient(at, token);
    assert.equal((await api('GET', '/v1/sys/seal-status')).status, 200);
  }
  const api = apiClient(url, token);
  const put = async (path: string, body: object) => {
    const { status, text } = await api('PUT', `/v1/${path}`, { body });
    assert.ok(status < 300, text);
  };
  await put('sys/plugins/runtimes/catalog/container/fast', { oci_runtime: 'runc' });
  const wrong = { oci_image: image.tag, runtime: 'fast', sha256: 'ab'.repeat(32) };
  const mismatch = await api('PUT', '/v1/sys/plugins/catalog/secret/kv', { body: wrong });
  assert.equal(mismatch.status, 400, mismatch.text);
  const sha256 = image.id.replace(/^sha256:/, '');
  await put('sys/plugins/catalog/secret/kv', { oci_image: image.tag, runtime: 'fast', sha256 });
  await put('sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  await put('secret/data/a', { data: { from: 'api' } });
  assert.match(await world.ok('read', '-field=data', '-format=json', 'secret/data/a'), /"from": "api"/);
  const listed = JSON.parse(await world.ok('secret', 'list', '-format=json')) as object;
  assert.deepEqual(Object.keys(listed), ['secret/']);
  assert.match(await world.ok('token', 'list', '-field=name'), /^admin$/m);

  const ended = once(first.child, 'exit');
  first.child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null], first.said());
  const logged = await readFile(log, 'utf8');
  assert.ok(
    logged.includes('"path":"/v1/secret/data/a"') && !logged.includes(token) && !logged.includes('from'),
  );

  const second = await serve(world);
  assert.equal(second.token, undefined, 'the token is shown once');
  const read = await apiClient(second.socket, token)('GET', '/v1/secret/data/a');
  assert.match(read.text, /"from":"api"/);
  const killed = once(second.child, 'exit');
  second.child.kill('SIGKILL');
  await killed;
  const third = await serve(world);
  assert.equal((await apiClient(third.socket, token)('DELETE', '/v1/sys/mounts/secret')).status, 204);
  const over = once(third.child, 'exit');
  third.child.kill('SIGINT');
  await over;
  assert.deepEqual(await world.containers(), []);
});

async function serve(world: CommandWorld, ...flags: string[]) {
  const child = world.start('serve', ...world.where, ...flags);
  const lines = linesOf(child);
  await lines.until(flags.length === 0 ? /^VAULT_ADDR=unix:.*$/m : /^VAULT_ADDR=http:.*$/m);
  const find = (pattern: RegExp) => pattern.exec(lines.text())?.[1];
  if (flags.length > 0) await lines.until(/^VAULT_TOKEN=.*$/m);
  return {
    ...{ child, said: () => lines.text(), token: find(/^VAULT_TOKEN=(.*)$/m) },
    socket: find(/^VAULT_ADDR=unix:\/\/(.*)$/m) ?? '',
    url: find(/^VAULT_ADDR=(http:.*)$/m) ?? '',
  };
}
