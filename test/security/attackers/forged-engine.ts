/** A container whose root process poses as the process of an engine. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { ask, expectStatus } from '../../engines/ask.ts';
import type { TestService } from '../../engines/engines.ts';
import { goForgedEngine } from '../../plugins/go-programs.ts';

export interface ForgedEngine extends AsyncDisposable {
  /** On the host. Of a container in gVisor, the process of the sandbox. */
  readonly pid: number;
}

export interface Forgery {
  /** The engine that runs the container, and that is imitated. */
  readonly kind: 'docker' | 'podman';
  readonly service: Pick<TestService, 'runtime' | 'socket'>;
  /** The file of the host to which the container's own `runsc` adds a line, the working directory of who runs it there. */
  readonly mark: string;
  /** `mirror`: in the network of the host, and with sockets that come and go beside those of the engine. */
  readonly network?: 'none' | 'mirror';
}

/** Starts the container with root as its user, without capabilities and without the right to gain privileges. */
export async function startForgedEngine(forgery: Forgery): Promise<ForgedEngine> {
  const { kind, service, mark, network = 'none' } = forgery;
  const { socket, runtime } = service;
  const name = kind === 'docker' ? 'dockerd' : 'podman';
  const tag = `localhost/forged-${name}:${process.pid}`;
  await expectStatus(200, ask(socket, 'POST', '/images/load', await image(name, tag, mark)));
  const mirror = network === 'mirror' ? ['mirror'] : [];
  const body = {
    Image: tag,
    Cmd: kind === 'docker' ? [socket, ...mirror] : [socket, 'service', ...mirror],
    HostConfig: {
      NetworkMode: network === 'mirror' ? 'host' : 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // Podman 4 swaps the soft and the hard limit unless both are given.
      Ulimits: ['nofile', 'nproc'].map((limit) => ({ Name: limit, Soft: 1024, Hard: 1024 })),
      ...(kind === 'docker' && { Runtime: runtime }),
    },
  };
  const created = await expectStatus(201, ask(socket, 'POST', '/containers/create', JSON.stringify(body)));
  const { Id: id } = JSON.parse(created) as { Id: string };
  const remove = async (): Promise<void> => {
    await ask(socket, 'DELETE', `/containers/${id}?force=true`);
    await ask(socket, 'DELETE', `/images/${encodeURIComponent(tag)}?force=true`);
  };
  try {
    await expectStatus(204, ask(socket, 'POST', `/containers/${id}/start`));
    const inspected = await expectStatus(200, ask(socket, 'GET', `/containers/${id}/json`));
    const { Pid: pid } = (JSON.parse(inspected) as { State: { Pid: number } }).State;
    if (runtime !== 'runsc') await listens(pid, socket);
    return { pid, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Resolves when the process holds a socket of that path in its network namespace. */
async function listens(pid: number, path: string): Promise<void> {
  while (!readFileSync(`/proc/${pid}/net/unix`, 'utf8').includes(path))
    await new Promise((resolve) => setImmediate(resolve));
}

/** The image has the attacker under the engine's name, and a `runsc` that writes down the working directory of who ran it. */
async function image(name: string, tag: string, mark: string): Promise<Buffer> {
  const runsc = `#!/bin/sh\nreadlink /proc/$PPID/cwd >> ${mark}\necho runsc version release-20990101.0\n`;
  const layer = await archive({
    [name]: await readFile(await goForgedEngine()),
    'usr/bin/runsc': Buffer.from(runsc),
  });
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: [`/${name}`] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
  };
  return archive({
    'layer.tar': layer,
    'config.json': Buffer.from(JSON.stringify(config)),
    'manifest.json': Buffer.from(
      JSON.stringify([{ Config: 'config.json', RepoTags: [tag], Layers: ['layer.tar'] }]),
    ),
  });
}

function archive(files: Record<string, Buffer>): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, bytes] of Object.entries(files))
    pack.entry({ name, mode: 0o755, mtime: new Date(0) }, bytes);
  pack.finalize();
  return buffer(pack);
}
