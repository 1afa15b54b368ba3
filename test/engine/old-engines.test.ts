/** Engines that are too old, or allow only versions of the API that are too new, are refused in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';

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
