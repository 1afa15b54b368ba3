/** Engines that are too old, or allow only versions of the API that are too new, are refused in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEngine, EngineVersionError } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';
import { hasContainerdStore, noContainerdStore } from '../engines/containerd-store.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';

test('Podman 3, which announces an API that would do, is refused with what to do', async () => {
  await using server = await startRecordingServer({ kind: 'podman', version: '3.4.4', apiVersion: '1.40' });
  await assert.rejects(connectEngine({ socketPath: server.socketPath }), (error) => {
    const { code, message, hint } = error as { code?: string; message: string; hint?: string };
    assert.equal(code, 'ENGINE_VERSION_UNSUPPORTED');
    assert.match(message, /Podman 3\.4\.4 on \/.* is too old: the oldest that works here is 4\.0/);
    assert.match(hint ?? '', /Update Podman to 4\.0 or later/);
    return true;
  });
});

test('Podman 4 is not', async () => {
  await using server = await startRecordingServer({ kind: 'podman', version: '4.0.0', apiVersion: '1.40' });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  assert.equal(engine.version, '4.0.0');
});

const dockers = loadEngines().filter(({ kind }) => kind === 'docker');
const socketOf = ({ services }: (typeof dockers)[number]) => services[0]?.socket ?? '';

test('a version that the environment fixes, and Docker does not know, is refused with the version to set', async (t) => {
  if (dockers.length === 0) {
    t.skip(noEngines);
    return;
  }
  for (const docker of dockers) {
    const environment = { DOCKER_API_VERSION: '1.99' };
    await assert.rejects(connectEngine({ socketPath: socketOf(docker), environment }), (error) => {
      assert.ok(error instanceof EngineVersionError, String(error));
      assert.ok(error.message.includes(`knows no API version newer than ${docker.apiVersion}`));
      assert.match(error.message, /DOCKER_API_VERSION is 1\.99/);
      assert.equal(error.hint, `Unset DOCKER_API_VERSION, or set it to ${docker.apiVersion}.`);
      return true;
    });
  }
});

test('one that is too old for a Docker that takes none before 1.44 is, too', async (t) => {
  const docker = dockers.find(hasContainerdStore);
  if (docker === undefined) {
    t.skip(noContainerdStore);
    return;
  }
  const environment = { DOCKER_API_VERSION: '1.43' };
  await assert.rejects(connectEngine({ socketPath: socketOf(docker), environment }), (error) => {
    assert.ok(error instanceof EngineVersionError, String(error));
    assert.match(error.message, /takes no API version older than 1\.44, and DOCKER_API_VERSION is 1\.43/);
    assert.equal(error.hint, 'Unset DOCKER_API_VERSION, or set it to 1.44.');
    return true;
  });
  await using engine = await connectEngine({ socketPath: socketOf(docker) });
  assert.equal((await engine.system.version()).minApiVersion, '1.44');
});

test('a Docker that takes only newer versions than this client speaks is refused with what to do', async () => {
  const message =
    'client version 1.51 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version';
  await using server = await startRecordingServer({ answer: () => ({ status: 400, body: { message } }) });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  await assert.rejects(engine.containers.start('web'), (error) => {
    assert.ok(error instanceof EngineVersionError, String(error));
    assert.match(error.message, /takes no API version older than 1\.60, and 1\.51 is spoken with it here/);
    assert.match(error.hint ?? '', /Update Bulkhead, or .*"min-api-version": "1\.51"/);
    return true;
  });
});
