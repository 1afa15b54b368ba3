/**
 * The main job through the public API, on real plugins: pack, load, mount twice under gVisor, call, lose the container, call again, close.
 * Ends with 0 only if every step really happened.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginHost } from 'bulkhead';
import type { Engine } from 'bulkhead/engine';
import { runCounter } from './counter.ts';
import { buildGoExample, goIsHere, type GoExample } from './go-examples.ts';
import { runKeyValue } from './key-value.ts';
import { packGoPlugin, packTypeScriptPlugin } from './pack.ts';
import { countLeftovers, socketFolders } from './leftovers.ts';
import { heading, line, timed } from './report.ts';
import { runVaultKv } from './vault-kv.ts';

const scratch = await mkdtemp(join(tmpdir(), 'demo-'));
const images: string[] = [];
// Others' folders are not ours to count.
process.env['TMPDIR'] = scratch;
const foldersBefore = await socketFolders();
try {
  const hostId = await showEverything();
  heading('what is left');
  const leftovers = await countLeftovers(hostId, foldersBefore);
  line('containers', leftovers.containers);
  line('sockets', leftovers.sockets);
  line('processes', leftovers.processes);
  assert.deepEqual(
    leftovers,
    { containers: 0, sockets: 0, processes: 0 },
    'something of ours was left behind',
  );
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** @returns the id of the host, which has been closed */
async function showEverything(): Promise<string> {
  await using host = await PluginHost.open({ embedded: true });
  heading('the engine');
  const engine = await timed('Podman of our own', () => host.engine());
  line('engine', `${engine.kind} ${engine.version}, ${engine.rootless ? 'rootless' : 'rootful'}`);
  line('runtime', (await engine.system.info()).defaultRuntime);

  heading('a key/value plugin in TypeScript');
  const tag = await packTypeScriptPlugin(engine);
  images.push(tag);
  await runKeyValue(host, 'typescript-kv', tag);

  if (goIsHere()) {
    heading("go-plugin's own example: grpc/plugin-go-grpc, unmodified");
    await runKeyValue(host, 'go-kv', await goImage(engine, 'kv'), { directory: '/data' });
    heading("go-plugin's own example: bidirectional, unmodified");
    await runCounter(host, await goImage(engine, 'counter'));
    heading("Vault's key/value secrets engine, version 2, unmodified and without a Vault");
    await runVaultKv(host, await goImage(engine, 'vault-kv'));
  } else {
    heading("go-plugin's own examples and Vault's secrets engine are left out: go is not on the PATH");
  }

  heading('closing');
  for (const image of images) await engine.images.remove(image);
  line('images removed', images.length);
  return host.id;
}

async function goImage(engine: Engine, name: GoExample): Promise<string> {
  const binary = await timed('go install', () => buildGoExample(name, scratch));
  const image = await packGoPlugin(engine, name, binary);
  images.push(image);
  return image;
}
