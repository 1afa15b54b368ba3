/** Nothing that a caller sends as a secret is kept, logged or told again, and what is kept is for its owner alone. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { once } from 'node:events';
import { linesOf } from '../../cli/command-world.ts';
import { startBulkhead } from '../../cli/bulkhead.ts';
import { apiClient } from '../support/api-client.ts';
import { sendRaw } from '../support/raw-connection.ts';

/** The command without an engine: what it keeps and writes is the same. */
async function openServe() {
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-secrets-'));
  const log = join(directory, 'access.log');
  const socketDirectory = join(directory, 'sockets');
  const child = startBulkhead(
    ['serve', '-listen=127.0.0.1:0', `-access_log=${log}`, `-socket_directory=${socketDirectory}`],
    { BULKHEAD_DIRECTORY: directory },
  );
  const lines = linesOf(child);
  await lines.until(/^VAULT_ADDR=http:.*$[^]*^VAULT_TOKEN=.*$|^VAULT_TOKEN=.*$[^]*^VAULT_ADDR=http:.*$/m);
  const found = (pattern: RegExp) => pattern.exec(lines.text())?.[1] ?? '';
  return {
    ...{ directory, log, output: () => lines.text() },
    token: found(/^VAULT_TOKEN=(\S+)$/m),
    url: found(/^VAULT_ADDR=(http:\S+)$/m),
    socket: found(/^VAULT_ADDR=unix:\/\/(\S+)$/m),
    async end() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      return code;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Every file below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

describe('a secret', { timeout: 120_000 }, () => {
  it('that a caller sends stands in no log, no error and no file', async () => {
    await using serve = await openServe();
    const ask = apiClient(serve.url, serve.token);
    const secret = 'S3CR3T-of-a-caller';
    const said: string[] = [];
    const tell = async (...request: Parameters<typeof ask>): Promise<void> => {
      const { text, headers } = await ask(...request);
      said.push(text, JSON.stringify(headers));
    };
    const body = (text: string) => ({ body: text });
    await tell('POST', '/v1/nowhere/a', { body: { password: secret } });
    await tell('POST', '/v1/nowhere/a', body(`{"password":"${secret}`));
    await tell('POST', '/v1/nowhere/a', body(secret));
    await tell('POST', '/v1/nowhere/a', body(`["${secret}"]`));
    await tell('POST', '/v1/sys/mounts/x', { body: { type: { a: secret } } });
    await tell('POST', '/v1/sys/mounts/x', { body: { type: 'kv', options: { password: secret } } });
    await tell('POST', '/v1/sys/plugins/catalog/secret/x', {
      body: {
        oci_image: 'localhost/no-such-image',
        version: '1.0.0',
        env: [`PASSWORD=${secret}`],
        args: [secret],
      },
    });
    await tell('POST', '/v1/sys/plugins/catalog/secret/x', {
      body: { oci_image: 'localhost/no-such-image', version: '1.0.0', env: [`=${secret}`] },
    });
    await tell('GET', `/v1/nowhere/a?password=${secret}`);
    await tell('GET', `/v1/sys/mounts?token=${secret}`);
    await tell('GET', '/v1/sys/mounts', { token: `bulkhead.0123456789abcdef.${secret}` });
    await tell('GET', '/v1/sys/mounts', { token: '', headers: { Authorization: `Bearer ${secret}` } });
    await tell('GET', '/v1/sys/mounts', { token: '', headers: { Authorization: `Basic ${secret}` } });
    await tell('GET', '/v1/sys/mounts', { headers: { Cookie: secret, 'X-Vault-Wrap-TTL': secret } });
    await sendRaw(serve.url, [
      `GET /v1/${'x'.repeat(5)} HTTP/1.1\r\nX-Vault-Token: ${secret}\r\nBroken ${secret}\r\n\r\n`,
    ]);
    assert.equal(await serve.end(), 0, serve.output());

    for (const [what, text] of [
      ['an answer', said.join('\n')],
      ['the output', serve.output().replace(/^VAULT_TOKEN=.*$/m, '')],
      ...(await Promise.all(
        (await filesBelow(serve.directory)).map(
          async (path) => [path, await readFile(path, 'latin1')] as const,
        ),
      )),
    ] as const) {
      assert.ok(!text.includes(secret), `${what} has what a caller sent: ${text.slice(0, 2000)}`);
      const own = serve.token.split('.')[2] ?? '';
      assert.ok(!text.includes(own), `${what} has the token`);
    }
    const log = await readFile(serve.log, 'utf8');
    assert.match(log, /"path":"\/v1\/nowhere\/a"/);
  });

  it('that is kept is for its owner alone', async () => {
    await using serve = await openServe();
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    assert.equal(await mode(serve.socket), '600');
    assert.equal(await mode(join(serve.socket, '..')), '700');
    assert.equal(await mode(serve.log), '600');
    for (const path of await filesBelow(serve.directory)) assert.equal(await mode(path), '600', path);
    const uid = process.getuid?.();
    assert.equal((await stat(serve.socket)).uid, uid);
    // It is gone with the server, and so is nothing else.
    assert.equal(await serve.end(), 0);
    await assert.rejects(stat(serve.socket), { code: 'ENOENT' });
  });

  it('is shown once: a second start tells no token', async () => {
    await using serve = await openServe();
    await serve.end();
    const again = startBulkhead(['serve'], { BULKHEAD_DIRECTORY: serve.directory });
    const lines = linesOf(again);
    await lines.until(/^VAULT_ADDR=unix:/m);
    const ended = once(again, 'exit');
    again.kill('SIGTERM');
    await ended;
    assert.doesNotMatch(lines.text(), /VAULT_TOKEN/);
    assert.ok(!lines.text().includes(serve.token));
  });
});

describe('the access log', { timeout: 60_000 }, () => {
  it('steers no terminal, whatever the path of a request is', async () => {
    await using serve = await openServe();
    const escapes = [
      '\x9b2J',
      '\x9d0;title\x9c',
      '\x85',
      '\xc2\x9b31m',
      '\xe2\x80\xae',
      '%1b[2J',
      '%0aforged',
      '"},{"x":"',
    ];
    for (const text of escapes)
      await sendRaw(serve.socket, [`GET /v1/${text} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]);
    await serve.end();
    const log = await readFile(serve.log, 'utf8');
    const lines = log.trimEnd().split('\n');
    // What the parser refuses is in no log.
    assert.ok(lines.length > 0 && lines.length <= escapes.length, log);
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(log, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    for (const line of lines)
      assert.equal(typeof (JSON.parse(line) as { path: unknown }).path, 'string', line);
  });
});
