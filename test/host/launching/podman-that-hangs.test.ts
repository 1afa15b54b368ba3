/** A Podman of the host's own that does not come up holds up nobody who has stopped waiting for it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { PluginHost } from '../../../src/index.ts';

const pathBefore = process.env['PATH'] ?? '';
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangs-'));
  process.env['PATH'] = `${folder}:${pathBefore}`;
});
after(async () => {
  process.env['PATH'] = pathBefore;
  await rm(folder, { recursive: true, force: true });
});

it('an abort ends the waiting, and closing the host ends the start', { timeout: 60_000 }, async () => {
  const started = join(folder, 'started');
  execFileSync('mkfifo', [started]);
  await writeFile(join(folder, 'podman'), `#!/bin/sh\necho up > ${started}; exec sleep 1000\n`);
  await chmod(join(folder, 'podman'), 0o755);
  const host = await PluginHost.open({ embedded: true, runtime: 'runc' });
  const controller = new AbortController();
  const reason = new Error('enough');
  const launch = {
    image: 'localhost/nowhere:1',
    handshake: { magicCookieKey: 'A', magicCookieValue: 'b' },
    protocolVersions: [1],
  };
  const asked = [
    host.start({ ...launch, signal: controller.signal }),
    host.check({ image: launch.image, signal: controller.signal }),
    host.mount({ launch }, { signal: controller.signal }),
  ].map((promise) => assert.rejects(promise, (error) => error === reason));
  const engine = assert.rejects(host.engine(), { code: 'HOST_CLOSED' }); // and not because time ran out
  for await (const _chunk of createReadStream(started)) break;
  controller.abort(reason);
  await Promise.all(asked);
  await host.close();
  await engine;
});

it('is waited for as long as the host is told', { timeout: 60_000 }, async () => {
  await writeFile(join(folder, 'podman'), '#!/bin/sh\nexec tail -f /dev/null\n', { mode: 0o755 });
  await using host = await PluginHost.open({
    embedded: true,
    runtime: 'runc',
    podman: { startTimeoutMs: 200 },
  });
  await assert.rejects(host.engine(), /did not answer within 200 ms/);
});
