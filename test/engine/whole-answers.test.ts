/** Answers that a proxy, or an engine that is being replaced, gives in place of what was asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { startRecordingServer } from '../../src/testing/index.ts';

describe('the client of an engine', () => {
  for (const kind of ['docker', 'podman'] as const) {
    it(`takes a text for no output of a container that runs: ${kind}`, async () => {
      await using server = await startRecordingServer({
        kind,
        answer: ({ path }) =>
          path.endsWith('/json')
            ? { body: running }
            : { body: busy, headers: { 'content-length': String(busy.length) } },
      });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      await assert.rejects(engine.containers.attach('web'), { code: 'ENGINE_PROTOCOL' });
    });
  }

  for (const id of ['../../images', '', 'a/b', '..', '.x', 'a b']) {
    it(`takes ${JSON.stringify(id)} for no id`, async () => {
      await using server = await startRecordingServer({
        answer: ({ path }) =>
          path.endsWith('/create')
            ? { status: 201, body: { Id: id, Warnings: [] } }
            : { body: path.endsWith('/containers/json') ? [{ ...listed, Id: id }] : { ...running, Id: id } },
      });
      await using engine = await connectEngine({ socketPath: server.socketPath });
      const wrong = { code: 'ENGINE_PROTOCOL' };
      await assert.rejects(engine.containers.create({ image: 'web' }), wrong);
      await assert.rejects(engine.containers.list(), wrong);
      await assert.rejects(engine.containers.inspect('web'), wrong);
      await assert.rejects(engine.images.inspect('web'), wrong);
    });
  }
});

const busy = '<html>busy</html>';
const running = {
  Id: 'web',
  State: { Status: 'running' },
  Config: { Tty: false, OpenStdin: false },
  HostConfig: { LogConfig: { Type: 'json-file' } },
};
const listed = { Names: [], Image: '', ImageID: '', Created: 0, State: 'running' };
