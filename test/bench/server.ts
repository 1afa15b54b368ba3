/**
 * The HTTP API of a real `bulkhead serve`: requests that the server answers by itself, and those that go to a plugin in a
 * container, by 1 and by 16 clients that keep their connections; and how much memory the server takes. Beside them stands
 * what a real Vault has done on a machine of two cores. There is no row for a plugin as a subprocess: mounts run in
 * containers only.
 */
import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { openServeWorld, type ServeWorld, type Serving } from '../server/support/serve-command.ts';

/** The measured things take turns, so that whatever else the machine does falls on all. */
const turns = Number(process.env['BULKHEAD_BENCH_ROUNDS'] ?? 4);
const requestsInTurn = 1000;
const callers = [1, 16] as const;

interface Measured {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

const measured: readonly Measured[] = [
  { name: 'answered by the server itself', method: 'GET', path: '/v1/sys/seal-status' },
  { name: 'list of one key, plugin in a container', method: 'GET', path: '/v1/bench/?list=true' },
  { name: 'read, plugin in a container', method: 'GET', path: '/v1/bench/a' },
  { name: 'write, plugin in a container', method: 'POST', path: '/v1/bench/a', body: '{"value":"x"}' },
];

/** Requests in a second that Vault 1.21.4 has answered, by 1 and by 16 clients: lists of one key. */
const ofVault = [
  ['Vault, builtin', 3201, 6986],
  ['Vault, plugin as a process', 1086, 3150],
  ['Vault, plugin in a container (Podman)', 692, 3176],
] as const;

export async function benchServer(): Promise<void> {
  const engine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
  if (engine === undefined) {
    console.log(`server: ${noEngines}`);
    return;
  }
  const world = await openServeWorld(engine, 'bench-kv');
  if ('skipped' in world) {
    console.log(`server: ${world.skipped}`);
    return;
  }
  await using _ended = world;
  const serving = await world.serve();
  const empty = await memoryOf(serving);
  await make(serving, 'plugins/runtimes/catalog/container/runc', { oci_runtime: 'runc' });
  await mountAs(world, serving, 'bench');
  await make(serving, '../bench/a', { value: 'x' });
  await throughput(serving);
  await serving.end();

  const anew = await world.serve();
  const [one, instances] = [await memoryOf(anew), 10];
  for (let number = 1; number < instances; number += 1) await mountAs(world, anew, `bench-${number}`);
  console.log('\nresident memory of the server, MiB\n');
  console.log('| instances | MiB |\n| --- | --- |');
  console.log(`| 0 | ${empty.toFixed(0)} |\n| 1 | ${one.toFixed(0)} |`);
  console.log(`| ${instances} | ${(await memoryOf(anew)).toFixed(0)} |`);
  await anew.end();
}

async function throughput({ socketAddress, token }: Serving): Promise<void> {
  console.log(`\nrequests over the unix socket; ${turns * requestsInTurn} each\n`);
  console.log('| | clients | per second | per one that the server answers itself | p50 ms | p99 ms |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const clients of callers) {
    const socketPath = socketAddress.replace('unix://', '');
    await using pool = disposable(new Pool('http://localhost', { socketPath, connections: clients }));
    const results = measured.map((each) => ({ ...each, times: [] as number[], milliseconds: 0 }));
    for (let turn = 0; turn <= turns; turn += 1) {
      for (const result of results) {
        const times: number[] = [];
        const begin = performance.now();
        await turnOf(pool.pool, result, { clients, token, times });
        if (turn === 0) continue; // the first turn warms up
        result.milliseconds += performance.now() - begin;
        result.times.push(...times);
      }
    }
    const rate = (result: (typeof results)[number] | undefined): number =>
      ((result?.times.length ?? 0) / (result?.milliseconds ?? 1)) * 1000;
    for (const result of results) {
      const sorted = result.times.sort((a, b) => a - b);
      const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(2);
      const ratio = (rate(result) / rate(results[0])).toFixed(2);
      console.log(
        `| ${result.name} | ${clients} | ${rate(result).toFixed(0)} | ${ratio} | ${at(0.5)} | ${at(0.99)} |`,
      );
    }
    for (const [name, one, sixteen] of ofVault)
      console.log(`| ${name} | ${clients} | ${clients === 1 ? one : sixteen} | | | |`);
  }
}

async function turnOf(
  pool: Pool,
  { method, path, body }: Measured,
  { clients, token, times }: { clients: number; token: string; times: number[] },
): Promise<void> {
  let left = requestsInTurn;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const begin = performance.now();
      const answer = await pool.request({
        ...{ method, path, headers: { 'X-Vault-Token': token } },
        ...(body !== undefined && { body }),
      });
      const said = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${said}`);
      times.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

async function mountAs(world: ServeWorld, serving: Serving, name: string): Promise<void> {
  const { image, version, sha256 } = world;
  const plugin = { oci_image: image, version, sha256, runtime: 'runc', skip_probe: true };
  await make(serving, `plugins/catalog/secret/${name}`, plugin);
  await make(serving, `mounts/${name}`, { type: name });
}

async function make({ api }: Serving, path: string, body: object): Promise<void> {
  const at = path.startsWith('../') ? `/v1/${path.slice(3)}` : `/v1/sys/${path}`;
  const { status, text } = await api('POST', at, { body });
  if (status !== 204) throw new Error(`${at}: ${status} ${text}`);
}

async function memoryOf({ process: { pid } }: Serving): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function disposable(pool: Pool): AsyncDisposable & { readonly pool: Pool } {
  return { pool, [Symbol.asyncDispose]: () => pool.close() };
}
