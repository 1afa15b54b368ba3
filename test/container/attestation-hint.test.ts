/** What a container that differs from the request is answered with says what to do, by what differs. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { origins, remediesFor } from '../../src/container/attested/remedies.ts';
import { attestedSettings } from '../../src/container/attested/settings.ts';
import { AttestationError, planLaunch } from '../../src/container/index.ts';
import { createContainerRunner } from '../../src/container/container-runner.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { startPodmanService } from '../../src/testing/index.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';

const kinds = ['docker', 'podman'] as const;
const hasPodman = (await findExecutable('podman', searchPath(undefined))) !== undefined;
const noPodman = hasPodman ? noBusybox : 'podman is not installed';

function hintFor(kind: (typeof kinds)[number], ...settings: string[]): string {
  const differences = settings.map((setting) => ({ setting, asked: 'a', made: 'b' }));
  return new AttestationError({ kind, version: '1.0.0' }, differences).hint ?? '';
}

describe('the hint for a container that differs from the request', () => {
  it('knows where each setting that is compared can come from', () => {
    const names = attestedSettings.map(({ name }) => name);
    assert.deepEqual(Object.keys(origins).sort(), [...new Set(names)].sort());
  });

  it('says what to do about each, and not to use another engine', () => {
    for (const kind of kinds)
      for (const name of Object.keys(origins)) {
        const hint = hintFor(kind, `${name} /some/part`);
        assert.match(hint, /^The container was not started\. For .+: .{20,}\.$/, `${kind} ${name}`);
        assert.ok(hint.includes(`For ${name}: `), hint);
        assert.doesNotMatch(hint, /(another|other) engine/);
      }
  });

  it('names the configuration of the engine that does it, and the option', () => {
    assert.match(hintFor('docker', 'ulimit nofile'), /default-ulimits in daemon\.json.*`ulimits`/);
    assert.match(hintFor('podman', 'ulimit nofile'), /default_ulimits in containers\.conf.*`ulimits`/);
    assert.match(hintFor('podman', 'name servers'), /dns_servers in containers\.conf/);
    assert.match(hintFor('docker', 'name servers'), /a proxy for its socket/);
    assert.match(hintFor('podman', 'networks'), /as the engine lists it, with `network`/);
    assert.match(hintFor('docker', 'mount /data'), /`tmpfs`/);
  });

  it('says once what several settings have in common', () => {
    const hint = remediesFor({ kind: 'docker' }, ['labels a', 'labels b', 'name', 'privileged']);
    assert.match(hint, /^For labels, name, privileged: nothing in the engine's configuration/);
    assert.equal(hint.match(/For /g)?.length, 1);
  });

  it(
    'leads to what a real Podman was told in its configuration',
    { timeout: 120_000, skip: noPodman ?? false },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'bc-'));
      try {
        const file = join(folder, 'containers.conf');
        await writeFile(file, '[containers]\nenv = ["EXTRA=1"]\ndns_servers = ["192.0.2.1"]\n');
        const environment = { PATH: process.env['PATH'], HOME: '/root', CONTAINERS_CONF: file };
        await using podman = await startPodmanService({ runtime: 'runc', environment });
        await using engine = await connectEngine({ socketPath: podman.socketPath });
        await ensureTestImage(engine);
        const options = {
          image: testImage,
          runtime: 'runc',
          override: 'refused',
          socketDirectory: folder,
        } as const;
        const plan = await planLaunch(engine, options);
        const creating = createContainerRunner({ engine, ...plan, options, labels: {}, environment: {} });
        await assert.rejects(creating, (error) => {
          assert.ok(error instanceof AttestationError, String(error));
          assert.match(error.hint ?? '', /For environment: look at env, .* in containers\.conf/);
          return true;
        });
        assert.deepEqual(await engine.containers.list({ all: true }), []);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
