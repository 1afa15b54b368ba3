/**
 * The main job through the public API, on real plugins: pack, load, launch under gVisor, call, lose, start again, close.
 * Ends with 0 only if every step really happened.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginHost } from 'bulkhead';
import { runCounter } from './counter.ts';
import { buildGoExample, goIsHere, type GoExample } from './go-examples.ts';
import { runKeyValue } from './key-value.ts';
import { packGoPlugin, packTypeScriptPlugin } from './pack.ts';
import { countRemains } from './remains.ts';
import { heading, line, timed } from './report.ts';

const scratch = await mkdtemp(join(tmpdir(), 'demo-'));
const images: string[] = [];
let hostId: string;
try {
  await using host = await PluginHost.open({ embedded: true });
  hostId = host.id;
  heading('the engine');
  const engine = await timed('Podman of our own', () => host.engine());
  line('engine', `${engine.kind} ${engine.version}, ${engine.rootless ? 'rootless' : 'rootful'}`);
  line('runtime', (await engine.system.info()).defaultRuntime);

  heading('a key/value plugin in TypeScript');
  const tag = await packTypeScriptPlugin(engine);
  images.push(tag);
  await runKeyValue(host, tag);

  if (goIsHere()) {
    heading("go-plugin's own example: grpc/plugin-go-grpc, unmodified");
    await runKeyValue(host, await goImage('kv'), { directory: '/data' });
    heading("go-plugin's own example: bidirectional, unmodified");
    await runCounter(host, await goImage('counter'));
  } else {
    heading("go-plugin's own examples are left out: go is not on the PATH");
  }

  heading('closing');
  for (const image of images) await engine.images.remove(image);
  line('images removed', images.length);

  async function goImage(name: GoExample): Promise<string> {
    const binary = await timed('go install', () => buildGoExample(name, scratch));
    const image = await packGoPlugin(engine, name, binary);
    images.push(image);
    return image;
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

heading('what is left');
const remains = await countRemains(hostId);
line('containers', remains.containers);
line('sockets', remains.sockets);
line('processes', remains.processes);
assert.deepEqual(remains, { containers: 0, sockets: 0, processes: 0 }, 'something of ours was left behind');
