/** A container that does nothing until it is killed, made without any code of ours that is itself under test. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { ask, expectStatus } from './ask.ts';

/** What an engine says about it; only what the tests look at. */
export interface StillContainer {
  readonly id: string;
  readonly running: boolean;
  /** On the host: the engines have no process id namespace of their own. */
  readonly pid: number;
  /** What the engine says it used. Podman tells that only over its own API. */
  readonly runtime: string;
}

/** Loads the image, creates and starts the container with `runtime`, with the newest API of the engine. The caller removes it. */
export async function startStillContainer(
  { kind }: { kind: 'docker' | 'podman' },
  { runtime, socket }: { runtime: string; socket: string },
): Promise<StillContainer> {
  const image = await stillImage();
  const load = () => expectStatus(200, ask(socket, 'POST', '/images/load', image));
  // Docker may answer before it has read the padding at the end of the archive, and then the rest can't be written.
  await load().catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    return load();
  });
  const limits = [
    // Podman 4 swaps the soft and the hard limit unless both are given.
    { Name: 'nofile', Soft: 1024, Hard: 1024 },
    { Name: 'nproc', Soft: 1024, Hard: 1024 },
  ];
  const body = {
    Image: 'localhost/still:1',
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      Ulimits: limits,
      ...(kind === 'docker' && { Runtime: runtime }),
    },
  };
  const created = await expectStatus(201, ask(socket, 'POST', '/containers/create', JSON.stringify(body)));
  const { Id: id } = JSON.parse(created) as { Id: string };
  await expectStatus(204, ask(socket, 'POST', `/containers/${id}/start`));
  return inspect(kind, socket, id);
}

export async function removeContainer(socket: string, id: string): Promise<void> {
  await ask(socket, 'DELETE', `/containers/${id}?force=true`);
}

async function inspect(kind: 'docker' | 'podman', socket: string, id: string): Promise<StillContainer> {
  const path = kind === 'docker' ? `/containers/${id}/json` : `/v4.0.0/libpod/containers/${id}/json`;
  const { State, OCIRuntime, HostConfig } = JSON.parse(await expectStatus(200, ask(socket, 'GET', path))) as {
    State: { Running: boolean; Pid: number };
    OCIRuntime?: string;
    HostConfig: { Runtime?: string };
  };
  return { id, running: State.Running, pid: State.Pid, runtime: OCIRuntime ?? HostConfig.Runtime ?? '' };
}

/** catatonit is a static binary that Podman itself brings; with `-P` it waits for a signal. */
async function stillImage(): Promise<Buffer> {
  const layer = await archive({ catatonit: await readFile('/usr/bin/catatonit') });
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: ['/catatonit', '-P'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: ['localhost/still:1'], Layers: ['layer.tar'] }];
  return archive({
    'layer.tar': layer,
    'config.json': Buffer.from(JSON.stringify(config)),
    'manifest.json': Buffer.from(JSON.stringify(manifest)),
  });
}

function archive(files: Record<string, Buffer>): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, bytes] of Object.entries(files))
    pack.entry({ name, mode: 0o755, mtime: new Date(0) }, bytes);
  pack.finalize();
  return buffer(pack);
}
