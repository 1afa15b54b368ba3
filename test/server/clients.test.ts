/**
 * Programs that others wrote drive `bulkhead serve`, each through its own way in: HashiCorp's client for Go over the unix
 * socket, Python's hvac and npm's node-vault over TLS. What fails comes back as the client's own typed error.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { noEngines } from '../engines/engines.ts';
import { goClient, nodeClient, pythonClient, type Program } from './clients/programs.ts';
import { openServeWorld, type ServeWorld, type Serving } from './support/serve-command.ts';
import { serverEngine } from './support/with-server.ts';

const run = promisify(execFile);

interface Said {
  readonly step: string;
  readonly value?: unknown;
  readonly error?: Failure;
}

interface Failure {
  readonly type: string;
  readonly status?: number;
  readonly errors: readonly string[] | null;
}

interface Client {
  readonly name: 'go' | 'python' | 'node';
  readonly program: () => Promise<Program | { readonly skipped: string }>;
  readonly overSocket: boolean;
  /** The type of the error for a status. */
  readonly typeOf: (status: number) => string;
}

const ofPython: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'Forbidden',
  404: 'InvalidPath',
};

const clients: readonly Client[] = [
  { name: 'go', program: goClient, overSocket: true, typeOf: () => '*api.ResponseError' },
  { name: 'python', program: pythonClient, overSocket: false, typeOf: (status) => ofPython[status] ?? '' },
  { name: 'node', program: nodeClient, overSocket: false, typeOf: () => 'ApiResponseError' },
];

/** What has to fail, with which status, and what the client's error has to say. */
const failures: Readonly<Record<string, readonly [status: number, text: RegExp | undefined]>> = {
  'no token': [403, /permission denied/],
  'wrong token': [403, /permission denied/],
  'narrow token': [403, /permission denied/],
  'unknown plugin': [404, undefined],
  'unknown runtime': [404, undefined],
  'bad digest': [400, /sha256/i],
  'enable of an unknown plugin': [400, /nobody/],
  'path in use': [400, /in use/],
  'runtime in use': [400, /runtime/],
  pinned: [400, /pinned/],
  'negative memory': [400, /memory/],
  'reload of nothing': [400, /nowhere/],
  'no mount': [404, /nowhere/],
  'unknown lease': [400, /lease/],
};

describe('clients of Vault', { timeout: 300_000, skip: serverEngine === undefined && noEngines }, () => {
  after(async () => {
    const found = await shared;
    if (found === undefined || typeof found === 'string') return;
    try {
      assert.equal(await found.serving.end(), 0, found.serving.output());
      assert.deepEqual(await found.world.world.containers(), []);
    } finally {
      await found.world[Symbol.asyncDispose]();
    }
  });

  for (const client of clients) {
    it(`${client.name}: catalogs, pins, mounts, requests, reloads, and typed errors`, async (t) => {
      const said = await drive(t, client);
      if (said === undefined) return;
      const value = (step: string): unknown => {
        const found = said.get(step);
        assert.ok(found, `${step} was reached`);
        assert.equal(found.error, undefined, `${step}: ${JSON.stringify(found.error)}`);
        return found.value;
      };
      const { name } = client;
      const { image, sha256, version } = said;
      const plugin = {
        name: `${name}-kv`,
        oci_image: image,
        sha256,
        version: `v${version}`,
        runtime: `${name}-runtime`,
      };
      const runtime = {
        type: 'container',
        name: plugin.runtime,
        oci_runtime: 'runc',
        memory_bytes: 256 << 20,
      };

      assert.equal(value('sealed'), false);
      assert.equal(value('token'), true);
      partly(value('read runtime'), runtime);
      partly(value('list runtimes'), runtime);
      partly(value('read plugin'), { ...plugin, builtin: false, args: [], command: '' });
      const listed = value('list plugins') as { named: string[]; detail: object };
      partly(listed.detail, { ...plugin, type: 'secret', builtin: false });
      // Vault leaves out those that have versions only.
      assert.ok(listed.named.includes(plugin.name), 'the names of a type include what has versions only');
      assert.ok((value('list plugins by type') as { keys: string[] }).keys.includes(plugin.name));
      const pin = { name: plugin.name, type: 'secret', version: plugin.version };
      assert.deepEqual(value('read pin'), pin);
      assert.deepEqual(value('list pins'), { pinned_versions: [pin] });

      partly(value('read mount'), {
        ...{ type: plugin.name, running_sha256: sha256, running_plugin_version: plugin.version },
        description: { go: 'of the Go client', python: 'of hvac', node: 'of node-vault' }[name],
      });
      assert.deepEqual(value('read tuning'), [3600, 7200]);

      assert.deepEqual(value('read'), { word: 'hello', count: 3 });
      assert.deepEqual(value('list'), { keys: ['folder/', 'greeting'] });
      assert.deepEqual(value('kv get'), { word: 'ü' });
      assert.equal(value('reload plugin'), true);
      assert.deepEqual(value('read after reload'), { word: 'hello', count: 3 });
      const done = [
        'register runtime',
        'register plugin',
        'pin',
        'enable',
        'tune',
        'write',
        'delete',
        'disable',
      ];
      for (const step of [...done, 'unpin', 'deregister plugin', 'deregister runtime'])
        assert.equal(value(step), undefined, step);
      assert.equal(value('what is left'), false);

      for (const [what, [status, text]] of Object.entries(failures)) {
        const found = said.get(`error: ${what}`);
        const failure: Failure = found?.error ?? { type: 'no error', errors: [] };
        const { type, status: seen, errors } = failure;
        assert.equal(type, client.typeOf(status), `${what}: ${JSON.stringify(found)}`);
        assert.ok(seen === undefined || seen === status, `${what}: ${JSON.stringify(found)}`);
        if (text !== undefined) assert.match(errors?.join() ?? '', text, what);
      }
      assertNothingThere(client, said);
    });
  }
});

/** How each client tells that a path holds nothing. */
function assertNothingThere({ name }: Client, said: ReadonlyMap<string, Said>): void {
  const missing = name === 'node' ? { type: 'ApiResponseError', status: 404 } : undefined;
  for (const step of ['read of nothing', 'list of nothing', 'read after delete']) {
    const { value, error } = said.get(step) ?? { value: 'not reached' };
    assert.equal(value, undefined, step);
    if (missing === undefined) assert.equal(error, undefined, step);
    else partly(error, missing);
  }
  const kept = said.get('kv get of nothing');
  if (name === 'go') assert.equal(kept?.value, true);
  if (name === 'python') assert.equal(kept?.error?.type, 'InvalidPath');
}

function partly(actual: unknown, expected: object): void {
  assert.deepEqual({ ...(actual as object), ...expected }, actual);
}

interface Shared {
  readonly world: ServeWorld;
  readonly serving: Serving;
  /** A token that reads the catalogs only. */
  readonly narrow: string;
}

let shared: Promise<Shared | string> | undefined;

/** One server for all clients. */
async function server(t: TestContext): Promise<Shared | undefined> {
  shared ??= (async () => {
    if (serverEngine === undefined) throw new Error('the tests are skipped without an engine');
    const world = await openServeWorld(serverEngine, 'clients-kv');
    if ('skipped' in world) return world.skipped;
    const serving = await world.serve('-listen=127.0.0.1:0', '-tls');
    const created = await world.world.ok('token', 'create', '-scope=catalog', '-ttl=1h', '-field=token');
    return { world, serving, narrow: created.trim() };
  })();
  const found = await shared;
  if (typeof found !== 'string') return found;
  t.skip(found);
  return undefined;
}

type Heard = ReadonlyMap<string, Said> & Pick<ServeWorld, 'image' | 'sha256' | 'version'>;

async function drive(t: TestContext, client: Client): Promise<Heard | undefined> {
  const program = await client.program();
  if ('skipped' in program) {
    t.skip(program.skipped);
    return undefined;
  }
  const found = await server(t);
  if (found === undefined) return undefined;
  const { world, serving, narrow } = found;
  const { stdout } = await run(program.command, [...program.args], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      VAULT_ADDR: client.overSocket ? serving.socketAddress : serving.url,
      VAULT_TOKEN: serving.token,
      NODE_EXTRA_CA_CERTS: world.certificate,
      TEST_CA: world.certificate,
      TEST_IMAGE: world.image,
      TEST_SHA256: world.sha256,
      TEST_OCI_RUNTIME: 'runc',
      TEST_NARROW_TOKEN: narrow,
      ...program.environment,
    },
  });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Said);
  const { image, sha256, version } = world;
  return Object.assign(new Map(lines.map((said) => [said.step, said])), { image, sha256, version });
}
