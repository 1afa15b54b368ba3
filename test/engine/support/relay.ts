/** A port in the network namespace of a test engine, which no process of this one's can reach otherwise. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { isKnown } from '../../../src/compatibility/index.ts';
import { findEngineProcess } from '../../../src/compatibility/gather/engine-process.ts';
import { connectEngine } from '../../../src/engine/index.ts';

/** Where test engines find a registry without TLS: `scripts/engines` tells Podman, and Docker takes any of 127.0.0.0/8. */
export const registryAddress = '127.0.0.1:5000';

const program = `
const { connect, createServer } = require('node:net');
const [path, port] = process.argv.slice(1);
const server = createServer((near) => {
  const far = connect(path);
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
process.stdin.resume().on('end', () => process.exit());
`;

/**
 * Whether a Docker connects from wherever: rootless ones leave threads in the network namespaces of containers that they
 * set up (seen with 20.10.24), and then some of what they do happens there.
 */
export async function hasStrayed(engineSocket: string): Promise<boolean> {
  return (await networkNamespacesOf(engineSocket)).length > 1;
}

/** Listens at `registryAddress` beside the engine with this socket, and connects whoever comes to a unix socket. */
export async function relayBeside(engineSocket: string, socketPath: string): Promise<AsyncDisposable> {
  const [namespace] = await networkNamespacesOf(engineSocket);
  const port = registryAddress.split(':')[1] ?? '';
  const child = spawn('nsenter', [`--net=${namespace}`, process.execPath, '-e', program, socketPath, port], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exit])) as [unknown];
  assert.equal(line, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exit;
    },
  };
}

/** Network namespaces of the engine's threads: first the one in which its socket is. */
async function networkNamespacesOf(engineSocket: string): Promise<[string, ...string[]]> {
  await using engine = await connectEngine({ socketPath: engineSocket });
  const process = await findEngineProcess(engine);
  assert.ok(isKnown(process), 'unknown' in process ? process.unknown : '');
  const { pid } = process.value;
  const own: string[] = [];
  const strayed: string[] = [];
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const task = `/proc/${pid}/task/${thread}`;
    const sockets = await readFile(`${task}/net/unix`, 'utf8').catch(() => '');
    (sockets.includes(` ${engineSocket}\n`) ? own : strayed).push(`${task}/ns/net`);
  }
  const [first] = own;
  assert.ok(first);
  return [first, ...strayed];
}
