/** What a launch asks its engine, and in which order: each request that it waits for delays every launch. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { it } from 'node:test';
import { createContainerRunner } from '../../src/container/container-runner.ts';
import { CleanupError } from '../../src/container/errors.ts';
import { planLaunch } from '../../src/container/launch-plan.ts';
import { launchPlugin } from '../../src/container/launch.ts';
import { removeContainer } from '../../src/container/remove.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake, loadFixture } from '../plugins/images.ts';

const limits = { timeout: 120_000 };
const engines = loadEngines().filter(({ suite, rootless }) => suite === 'host' && !rootless);
if (engines.length === 0) it('asks little', { skip: noEngines }, () => undefined);

/** A request without versions, ids and queries. */
function wordsOf(method: string, target: string): string {
  const path = (target.split('?', 1)[0] ?? '')
    .replace(/^\/v[\d.]+(\/libpod)?/, '')
    .replace(/\/[0-9a-f]{64}(?=\/|$)/, '/ID')
    .replace(/^\/images\/.*\/json$/, target.includes('sha256') ? '/images/ID/json' : '/images/NAME/json');
  return `${method} ${path}`;
}

for (const testEngine of engines) {
  const [service] = testEngine.services.filter(({ runtime }) => runtime === 'runc');
  if (service === undefined) continue;
  const { runtime, socket } = service;

  it(`a launch and a close ask ${testEngine.name} no more than they need`, limits, async (t) => {
    await using parent = await ownSocketParent(testEngine);
    await using proxy = await startFaultProxy({ target: socket });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    const image = await loadFixture(engine, 'go-example-kv');
    if (image.skipped !== undefined) {
      t.skip(image.skipped);
      return;
    }
    const options = {
      image: image.tag,
      runtime,
      socketDirectory: parent.path,
      handshake: fixtureHandshake,
      protocolVersions: [1],
      imageCacheDirectory: parent.path,
    };
    const first = await launchPlugin(engine, options);
    await first[Symbol.asyncDispose]();

    const asked: string[] = [];
    proxy.fault = ({ method, target }) => {
      asked.push(wordsOf(method, target));
      return { kind: 'none' };
    };
    const plugin = await launchPlugin(engine, options);
    await plugin.health();
    const launch = asked.splice(0);
    assert.deepEqual([...launch].sort(), [
      'GET /containers/ID/json', // the attestation
      'GET /images/NAME/json', // a name may stand for another image by now
      'POST /containers/ID/attach',
      'POST /containers/ID/start',
      'POST /containers/ID/wait',
      'POST /containers/create',
    ]);
    const at = (words: string): number => launch.indexOf(words);
    assert.ok(at('GET /containers/ID/json') < at('POST /containers/ID/start'), launch.join('\n'));
    assert.ok(at('POST /containers/ID/attach') < at('POST /containers/ID/start'), launch.join('\n'));

    await plugin[Symbol.asyncDispose]();
    // A wait may be asked again. A program that ends with code 0, as it was asked to, has nothing to explain.
    const close = asked.filter((words) => words !== 'POST /containers/ID/wait');
    assert.deepEqual(close, ['DELETE /containers/ID']);
    const exit = await plugin.exited;
    assert.equal(exit.code, 0);
    assert.ok(exit.endedAt !== undefined && exit.endedAt <= new Date(), String(exit.endedAt));
    assert.deepEqual(
      (await readdir(parent.path)).filter((name) => name.startsWith('bulkhead-')),
      [],
    );
  });

  it(`a folder that can't be made leaves no container on ${testEngine.name}`, limits, async (t) => {
    await using parent = await ownSocketParent(testEngine);
    await using engine = await connectEngine({ socketPath: socket });
    const image = await loadFixture(engine, 'go-example-kv');
    if (image.skipped !== undefined) {
      t.skip(image.skipped);
      return;
    }
    const options = { image: image.tag, runtime, socketDirectory: parent.path, title: 'no-folder' };
    const { imageId, strategy } = await planLaunch(engine, options);
    const directory = { ...strategy.directory, gid: 2 ** 40 };
    await assert.rejects(
      createContainerRunner({
        engine,
        imageId,
        options,
        strategy: { ...strategy, directory },
        labels: {},
        environment: {},
      }),
      { code: 'SOCKET_DIRECTORY_FAILED' },
    );
    assert.deepEqual(await readdir(parent.path), []);
    const left = await engine.containers.list({ all: true, filters: { name: ['bulkhead-no-folder'] } });
    assert.deepEqual(left, []);
  });

  it(
    `an ended container's folder goes although ${testEngine.name} keeps the container`,
    limits,
    async (t) => {
      await using parent = await ownSocketParent(testEngine);
      await using proxy = await startFaultProxy({ target: socket });
      await using engine = await connectEngine({ socketPath: proxy.socketPath });
      const image = await loadFixture(engine, 'go-example-kv');
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      const plugin = await launchPlugin(engine, {
        image: image.tag,
        runtime,
        socketDirectory: parent.path,
        handshake: fixtureHandshake,
        protocolVersions: [1],
      });
      const body = '{"message":"it is held"}';
      const refusal = Buffer.from(
        `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      proxy.fault = ({ method }) =>
        method === 'DELETE' ? { kind: 'replace', bytes: refusal } : { kind: 'none' };
      const error: unknown = await plugin[Symbol.asyncDispose]().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof CleanupError, String(error));
      assert.equal(error.folder, undefined);
      assert.deepEqual(await readdir(parent.path), []);
      proxy.fault = { kind: 'none' };
      // The request may have reached the engine, and the removal is tried again behind the error.
      await removeContainer(engine, plugin.id ?? '');
    },
  );
}
