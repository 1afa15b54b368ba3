/** A plugin fills the folder that it shares with its host, with bytes and with names. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { mostBytes, mostInodes } from '../../src/linux/small-mount.ts';
import { sweepFolders } from '../../src/host/orphans/owned-folders.ts';
import { startPodmanService } from '../../src/testing/index.ts';
import { findExecutable } from '../../src/linux/find-executable.ts';
import { startDockerDaemon, whyNoDockerDaemon } from '../engines/docker-daemon.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { tmpdir } from 'node:os';
import { fixtureHandshake } from '../plugins/images.ts';
import { loadTrespasser, trespasserService, type Trespasser } from './trespasser.ts';

const limits = { timeout: 300_000 };
const podman = await findExecutable('podman', process.env['PATH'] ?? '');
const whyNot = process.geteuid?.() === 0 ? undefined : 'only root can mount a file system for the folder';

interface Kind {
  readonly name: 'Podman' | 'Docker';
  readonly whyNot: string | undefined;
  /** Starts one that sees what this process mounts. */
  readonly start: (runtime: string) => Promise<{ readonly socketPath: string } & AsyncDisposable>;
}

const kinds: readonly Kind[] = [
  {
    name: 'Podman',
    whyNot: whyNot ?? (podman === undefined ? 'podman is not installed' : undefined),
    start: (runtime) => startPodmanService({ runtime }),
  },
  { name: 'Docker', whyNot: whyNot ?? (await whyNoDockerDaemon()), start: () => startDockerDaemon() },
];

async function mountsBelow(path: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.filter((line) => line.includes(` ${path}/`));
}

const cells = kinds.flatMap((kind) => ['runc', 'runsc'].map((runtime) => ({ kind, runtime })));

for (const { kind, runtime } of cells) {
  describe(`a ${kind.name} of this mount namespace with ${runtime}`, { skip: kind.whyNot ?? false }, () => {
    it('bounds what a plugin writes, counts no set-user-id bit, and leaves no mount', limits, async (t) => {
      await using service = await kind.start(runtime);
      await using engine = await connectEngine({ socketPath: service.socketPath });
      const image = await loadTrespasser(t, engine);
      if (image === undefined) return;
      await using parent = await ownSocketParent({ shareDirectory: tmpdir() });
      const host = await PluginHost.open({
        socketPath: service.socketPath,
        runtime,
        socketDirectory: parent.path,
      });
      try {
        const start = () =>
          host.start({
            image,
            user: '0:0',
            handshake: fixtureHandshake,
            protocolVersions: [1],
            tmpfs: [{ path: '/tmp' }],
          });
        const plugin = await start();
        const mounts = await mountsBelow(parent.path);
        assert.equal(mounts.length, 1, mounts.join('\n'));
        assert.match(mounts[0] ?? '', /nosuid,nodev,noexec/);
        const client = plugin.client<Trespasser>(trespasserService);
        const told = async (key: string) => Number(Buffer.from((await client.Get({ key })).value).toString());
        const names = await told('names');
        assert.ok(names > 0 && names < mostInodes, `${names} names`);
        const bytes = await told('fill').catch(() => 0); // there is no name left for a file
        assert.ok(bytes <= mostBytes, `${bytes} bytes`);
        // Its neighbour has a folder of its own.
        const neighbour = await start();
        await neighbour.health();
        const fresh = neighbour.client<Trespasser>(trespasserService);
        const written = Number(Buffer.from((await fresh.Get({ key: 'fill' })).value).toString());
        assert.ok(written > 0 && written <= mostBytes, `${written} bytes`);
        await neighbour.health();
      } finally {
        await host.close();
      }
      assert.deepEqual(await mountsBelow(parent.path), []);
    });

    it('finds and unmounts the folder of a host that was killed', limits, async (t) => {
      await using service = await kind.start(runtime);
      await using engine = await connectEngine({ socketPath: service.socketPath });
      const image = await loadTrespasser(t, engine);
      if (image === undefined) return;
      await using parent = await ownSocketParent({ shareDirectory: tmpdir() });
      const clusterId = `killed-${kind.name}-${runtime}`;
      const program = `
        import { PluginHost } from './src/index.ts';
        const [socketPath, runtime, socketDirectory, clusterId, image] = process.argv.slice(1);
        const host = await PluginHost.open({ socketPath, runtime, socketDirectory, clusterId });
        const handshake = ${JSON.stringify(fixtureHandshake)};
        await host.start({ image, handshake, protocolVersions: [1], tmpfs: [{ path: '/tmp' }] });
        console.log('started');`;
      const words = [service.socketPath, runtime, parent.path, clusterId, image];
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', program, ...words],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const exit = once(child, 'exit');
      const [line] = (await Promise.race([
        once(createInterface({ input: child.stdout }), 'line'),
        exit,
      ])) as string[];
      assert.equal(line, 'started');
      child.kill('SIGKILL');
      await exit;
      assert.equal((await mountsBelow(parent.path)).length, 1);
      for (const { id } of await engine.containers.list({ all: true })) {
        await engine.containers.remove(id, { force: true });
      }
      assert.equal((await sweepFolders(parent.path, clusterId)).length, 1);
      assert.deepEqual(await mountsBelow(parent.path), []);
    });
  });
}
