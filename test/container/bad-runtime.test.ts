/** Runtimes that hang, or are not what they are called: the launch fails with a word on it, and leaves nothing. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launchPlugin } from '../../src/container/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { startPodmanService } from '../../src/testing/index.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';

const limits = { timeout: 120_000 };
const runc = await findExecutable('runc', searchPath(process.env['PATH']));
const podman = await findExecutable('podman', searchPath(process.env['PATH']));
const reason =
  runc === undefined || podman === undefined
    ? 'runc or podman is not installed'
    : process.geteuid?.() !== 0 && 'needs root';

describe('a runtime', { skip: reason }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bad-runtime-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function launchWith(runtime: string, startTimeoutMs: number): Promise<unknown> {
    await using service = await startPodmanService({ runtime, runtimeFlags: [] });
    await using engine = await connectEngine({ socketPath: service.socketPath });
    const image = await loadFixture(engine, anyKeyValue);
    assert.ok(image.skipped === undefined);
    const sockets = await mkdtemp(join(folder, 's-'));
    const error: unknown = await launchPlugin(engine, {
      image: image.tag,
      handshake: fixtureHandshake,
      protocolVersions: [1],
      runtime: runtime.slice(runtime.lastIndexOf('/') + 1),
      socketDirectory: sockets,
      override: 'refused',
      startTimeoutMs,
    }).catch((failure: unknown) => failure);
    await nothingLeft(engine, sockets);
    return error;
  }

  it('called runsc that is runc in truth is found out after the start', limits, async () => {
    const runtime = join(folder, 'runsc');
    await symlink(runc ?? '', runtime);
    const error = await launchWith(runtime, 30_000);
    assert.equal((error as { code?: string }).code, 'GVISOR_NOT_PROVED', String(error));
  });

  it('that never comes back from a start is ended with the container', limits, async () => {
    const runtime = join(folder, 'runc');
    // Opening a FIFO that nobody writes to never returns, and keeps the command line as it is.
    const script = `#!/bin/sh
for word; do [ "$word" != start ] || { mkfifo ${folder}/never; read word <${folder}/never; }; done
exec ${runc ?? ''} "$@"
`;
    await writeFile(runtime, script);
    await chmod(runtime, 0o755);
    const error = await launchWith(runtime, 3_000);
    assert.equal((error as { code?: string }).code, 'PLUGIN_START_TIMEOUT', String(error));
  });
});

/** The clean-up of a launch goes on behind its back where the engine is slow. The test's time limit ends the asking. */
async function nothingLeft(engine: Engine, sockets: string): Promise<void> {
  while ((await engine.containers.list({ all: true })).length > 0 || (await readdir(sockets)).length > 0);
}
