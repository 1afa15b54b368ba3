import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BadRequestError,
  ConflictError,
  connectEngine,
  EngineOperationError,
  EngineProtocolError,
  EngineVersionError,
  InvalidOptionError,
  NotFoundError,
  UnauthorizedError,
  UnsupportedByEngineError,
  type CreateContainerOptions,
} from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';
import { answerFor, operations } from './support/operations.ts';

const timeout = 20_000;

for (const kind of ['docker', 'podman'] as const) {
  describe(`on the wire of ${kind}`, { timeout }, () => {
    for (const operation of operations) {
      test(`${operation.name} is exactly this request`, async () => {
        await using server = await startRecordingServer({
          kind,
          answer: (request) => answerFor(operation, request),
        });
        await using engine = await connectEngine({ socketPath: server.socketPath });
        await operation.call(engine);
        const { request, query = {}, json } = operation[kind];
        const last = server.requests.at(-1);
        assert.equal(last === undefined ? '' : `${last.method} ${last.path}`, request);
        if (last === undefined) return;
        assert.deepEqual(last.query, query);
        if (json !== undefined) {
          assert.deepEqual(last.json, json);
          assert.equal(last.headers['content-type'], 'application/json');
        }
      });

      test(`${operation.name} sends nothing when an option is wrong, or the signal is aborted`, async () => {
        await using server = await startRecordingServer({ kind });
        await using engine = await connectEngine({ socketPath: server.socketPath });
        await assert.rejects(async () => operation.callWrongly?.(engine), InvalidOptionError);
        assert.deepEqual(server.requests, []);
      });
    }

    test('each operation has its test', async () => {
      await using server = await startRecordingServer({ kind });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      const names = (['system', 'images', 'containers'] as const).flatMap((noun) =>
        Object.keys(engine[noun]).map((verb) => `${noun}.${verb}`),
      );
      assert.deepEqual(names.sort(), operations.map(({ name }) => name).sort());
    });

    test('what is no id of a container, or no reference of an image, is never sent', async () => {
      await using server = await startRecordingServer({ kind });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      for (const id of ['', '..', '../images', 'a/b', 'a?b', 'a b', '-a', undefined as never]) {
        await assert.rejects(engine.containers.inspect(id), InvalidOptionError, id);
      }
      for (const reference of ['', '..', 'a/../b', 'a//b', '/a', 'a b', 'a?b', undefined as never]) {
        await assert.rejects(engine.images.inspect(reference), InvalidOptionError, reference);
      }
      assert.deepEqual(server.requests, []);
    });
  });
}

describe('an answer that is none', { timeout }, () => {
  const cases: readonly (readonly [number, string, new (message: string) => Error])[] = [
    [400, '{"message":"bad"}', BadRequestError],
    [
      400,
      '{"message":"client version 1.51 is too new. Maximum supported API version is 1.41"}',
      EngineVersionError,
    ],
    [401, '{"message":"no"}', UnauthorizedError],
    [403, '{"message":"no"}', UnauthorizedError],
    [404, '{"message":"No such container: web"}', NotFoundError],
    [405, 'Method Not Allowed', UnsupportedByEngineError],
    [409, '{"message":"in use"}', ConflictError],
    [500, '{"message":"boom"}', EngineOperationError],
    [501, '{"message":"not here"}', UnsupportedByEngineError],
    [502, '<html><title>Bad Gateway</title></html>', EngineOperationError],
    [500, '{"cause":"no such container","message":"x: no such container","response":500}', NotFoundError],
    [500, '{"cause":"that name is already in use","message":"x","response":500}', ConflictError],
    [500, '{"cause":"container state improper","message":"x","response":500}', ConflictError],
    [409, '{"cause":"OCI permission denied","message":"x","response":409}', EngineOperationError],
  ];
  for (const [status, body, errorClass] of cases) {
    test(`with status ${status} and ${body} is ${errorClass.name}`, async () => {
      await using server = await startRecordingServer({ answer: () => ({ status, body }) });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      await assert.rejects(engine.containers.start('web'), (error) => {
        assert.ok(error instanceof errorClass, String(error));
        const { status: told, method, path } = error as unknown as Record<string, unknown>;
        assert.deepEqual([told, method, path], [status, 'POST', '/containers/web/start']);
        return true;
      });
    });
  }

  test('is a protocol error when it is no JSON, or not that of the API', async () => {
    for (const body of ['OK', '{"cut": ', '[]', '{"Id": 5}', 'null']) {
      await using server = await startRecordingServer({ answer: () => ({ body }) });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      await assert.rejects(engine.containers.inspect('web'), EngineProtocolError, body);
    }
  });

  test('is an operation that failed when a stream of status 200 says so', async () => {
    const body =
      '{"stream":"Step 1/1 : FROM x"}\n{"errorDetail":{"message":"no space left"},"error":"no space left"}\n';
    await using server = await startRecordingServer({ answer: () => ({ body }) });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    const archive = (async function* () {
      yield await Promise.resolve(Buffer.alloc(1024));
    })();
    const steps: string[] = [];
    await assert.rejects(
      engine.images.build(archive, { onProgress: ({ message }) => steps.push(message) }),
      (error) => error instanceof EngineOperationError && error.engineMessage === 'no space left',
    );
    assert.deepEqual(steps, ['Step 1/1 : FROM x']);
  });

  test('never shows the values of the environment', async () => {
    await using server = await startRecordingServer({
      answer: () => ({ status: 400, body: '{"message":"bad"}' }),
    });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    const secret = 'hush-hush';
    for (const env of [
      { TOKEN: secret },
      { TOKEN: `${secret}\0` },
      { 'A=B': secret },
      { TOKEN: [secret] as never },
    ]) {
      await assert.rejects(engine.containers.create({ image: 'web', env }), (error) => {
        assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes(secret), String(error));
        return true;
      });
    }
  });
});

describe('a field that came with a later API version', { timeout }, () => {
  const gates: readonly (readonly [string, Partial<CreateContainerOptions>])[] = [
    ['1.41', { cgroupnsMode: 'private' }],
    ['1.41', { platform: 'linux/amd64' }],
    ['1.43', { annotations: { a: 'b' } }],
  ];
  for (const [version, options] of gates) {
    const [field] = Object.keys(options);
    test(`${field ?? ''} is refused before ${version}, by name, and sent from then on`, async () => {
      const before = `1.${Number(version.slice(2)) - 1}`;
      await using server = await startRecordingServer({ apiVersion: before });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      await assert.rejects(engine.containers.create({ image: 'web', ...options }), (error) => {
        assert.ok(error instanceof UnsupportedByEngineError);
        assert.ok(error.message.includes(`${field ?? ''} needs API version ${version}`), error.message);
        return true;
      });
      assert.deepEqual(server.requests, []);

      const answer = () => ({ status: 201, body: { Id: '1', Warnings: null } });
      await using newer = await startRecordingServer({ apiVersion: version, answer });
      await using newerEngine = await connectEngine({ socketPath: newer.socketPath });
      await newerEngine.containers.create({ image: 'web', ...options });
      assert.equal(newer.requests.length, 1);
    });
  }
});

describe('what Podman would drop or bend', { timeout }, () => {
  const refused: readonly Partial<CreateContainerOptions>[] = [
    { runtime: 'runsc' },
    { groupAdd: ['keep-groups'] },
    { logOptions: { 'max-file': '3' } },
    { openStdin: true, stdinOnce: false },
    { ulimits: [{ name: 'memlock', soft: -1, hard: -1 }] },
  ];
  for (const options of refused) {
    test(`${JSON.stringify(options)} is refused before anything is sent`, async () => {
      await using server = await startRecordingServer({ kind: 'podman', version: '5.4.2' });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      await assert.rejects(engine.containers.create({ image: 'web', ...options }), UnsupportedByEngineError);
      assert.deepEqual(server.requests, []);
    });
  }

  test('a runtime is chosen from version 6 on', async () => {
    const answer = () => ({ status: 201, body: { Id: '1', Warnings: null } });
    await using server = await startRecordingServer({ kind: 'podman', version: '6.0.0', answer });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    await engine.containers.create({ image: 'web', runtime: 'runsc' });
    assert.equal((server.requests.at(-1)?.json as Record<string, unknown>)['oci_runtime'], 'runsc');
  });

  test('limits are sent to version 4 though nobody asked, since its own fail', async () => {
    const answer = () => ({ status: 201, body: { Id: '1', Warnings: null } });
    await using server = await startRecordingServer({ kind: 'podman', version: '4.3.1', answer });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    await engine.containers.create({ image: 'web', ulimits: [{ name: 'nofile', soft: 5, hard: 6 }] });
    const limits = (
      server.requests.at(-1)?.json as { r_limits: { type: string; soft: number; hard: number }[] }
    ).r_limits;
    assert.deepEqual(limits[0], { type: 'nofile', soft: 5, hard: 6 });
    assert.equal(limits[1]?.type, 'nproc');
    assert.equal(limits[1].soft, limits[1].hard);
    assert.equal(limits.length, 2);
  });
});

describe('the escape hatch', { timeout }, () => {
  test('sends what it is told to, in the version agreed on, and hands over the answer', async () => {
    await using server = await startRecordingServer({
      kind: 'podman',
      answer: ({ path }) =>
        path.endsWith('/json') ? { body: [{ Id: 'p' }] } : { headers: { 'x-a': 'b' }, body: 'text' },
    });
    await using engine = await connectEngine({ socketPath: server.socketPath });
    const pods = await engine.request({
      method: 'GET',
      path: '/libpod/pods/json',
      query: { filters: { name: ['a'] } },
    });
    assert.deepEqual(pods.body, [{ Id: 'p' }]);
    const created = await engine.request({ method: 'POST', path: '/networks/create', body: { Name: 'n' } });
    assert.deepEqual([created.status, created.headers['x-a'], created.body], [200, 'b', 'text']);
    await engine.request({
      method: 'PUT',
      path: '/bytes',
      body: Buffer.from('raw'),
      headers: { 'content-type': 'x/y' },
    });
    const [first, second, third] = server.requests;
    assert.deepEqual(
      [first?.path, first?.query],
      ['/v4.0.0/libpod/pods/json', { filters: '{"name":["a"]}' }],
    );
    assert.deepEqual([second?.path, second?.json], ['/v1.41/networks/create', { Name: 'n' }]);
    assert.deepEqual([third?.body.toString(), third?.headers['content-type']], ['raw', 'x/y']);
  });
});
