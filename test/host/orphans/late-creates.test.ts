/** Containers that an engine makes after its client has given up: nobody is left to know of them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, it } from 'node:test';
import { NotFoundError } from '../../../src/engine/index.ts';
import { hostLabels, type LaunchOptions } from '../../../src/index.ts';
import { startFaultProxy, type Fault } from '../../../src/testing/index.ts';
import { fixtureHandshake } from '../../plugins/images.ts';
import { describeCells, type Cell } from '../cell.ts';
import { programArgs } from '../../plugins/program-args.ts';

const limits = { timeout: 60_000 };

const isCreate = (text: string): boolean => /^POST \S*\/containers\/create\b/.test(text);

/** A way to an engine that is busy: a request to create a container gets there only when it is let go. */
async function slowWay(target: string) {
  const folder = await mkdtemp(join(tmpdir(), 'slow-'));
  const socketPath = join(folder, 'engine.sock');
  const sockets = new Set<Socket>();
  let held: Buffer | undefined;
  let came: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => (came = resolve));
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect(target);
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
    }
    engine.on('data', (bytes) => client.write(bytes));
    let isHeld = false;
    client.on('data', (bytes: Buffer) => {
      isHeld ||= isCreate(bytes.toString('latin1', 0, 200));
      if (!isHeld) engine.write(bytes);
      else {
        held = Buffer.concat([held ?? Buffer.alloc(0), bytes]);
        came();
      }
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    /** Resolves when a creation was asked for. */
    requested,
    /** Lets the request go. @returns the id of the container */
    async letGo(): Promise<string> {
      // An engine that has begun already has looked whether the folder is there, which is gone by now.
      const source = /"[sS]ource":"([^"]*bulkhead-[^"]*)"/.exec(String(held))?.[1] ?? '';
      const made = await mkdir(source, { recursive: true });
      const engine = connect(target);
      sockets.add(engine);
      let answer = '';
      engine.write(held ?? '');
      for await (const bytes of engine) {
        answer += String(bytes);
        const id = /"Id":"([0-9a-f]{64})"/.exec(answer)?.[1];
        if (id === undefined) continue;
        if (made !== undefined) await rm(made, { recursive: true });
        return id;
      }
      throw new Error(`no container was made: ${answer}`);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

describeCells('a creation that was given up', (openCell, _, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  const launch = (): LaunchOptions => ({
    image: cell.image,
    handshake: fixtureHandshake,
    protocolVersions: [1],
  });

  async function gone(id: string): Promise<void> {
    for (;;) {
      try {
        await cell.engine.containers.inspect(id);
      } catch (error) {
        if (error instanceof NotFoundError) return;
        throw error;
      }
    }
  }

  it('leaves nothing when the engine makes the container after the abort', limits, async () => {
    await using way = await slowWay(cell.socketPath);
    const host = await cell.open({ socketPath: way.socketPath });
    const abort = new AbortController();
    const reason = new Error('too slow');
    const starting = assert.rejects(host.start({ ...launch(), signal: abort.signal }), reason);
    await way.requested;
    abort.abort(reason);
    await starting;
    assert.deepEqual(await cell.remains(host), []);
    await gone(await way.letGo());
    await host.close();
    assert.deepEqual(await cell.remains(host), []);
  });

  itInTurn('leaves nothing when the host is closed before that', limits, async () => {
    await using way = await slowWay(cell.socketPath);
    const host = await cell.open({ socketPath: way.socketPath });
    const starting = assert.rejects(host.start(launch()), { code: 'HOST_CLOSED' });
    await way.requested;
    await host.close();
    await starting;
    await gone(await way.letGo());
    assert.deepEqual(await cell.remains(host), []);
  });

  itInTurn('is found by the next host when its process has ended before that', limits, async () => {
    await using way = await slowWay(cell.socketPath);
    const clusterId = randomUUID();
    const script = programArgs('test/host/orphans/doomed-host.ts');
    const args = [way.socketPath, cell.image, cell.parent, clusterId, 'launch'];
    const child = spawn(process.execPath, [...script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    await way.requested;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const id = await way.letGo();
    const next = await cell.open({ clusterId });
    await next.close();
    await gone(id);
    const filters = { label: [`${hostLabels.clusterId}=${clusterId}`] };
    assert.deepEqual(await cell.engine.containers.list({ all: true, filters }), []);
  });

  const faults: readonly (readonly [string, Fault])[] = [
    ['is cut off', { kind: 'cut-head', afterBytes: 0 }],
    ['is cut in its body', { kind: 'cut-body', afterBytes: 3 }],
    ['comes minutes later', { kind: 'delay', ms: 300_000 }],
    ['never comes', { kind: 'stall', afterBytes: 0 }],
  ];
  for (const [what, fault] of faults) {
    itInTurn(`leaves nothing when its answer ${what}`, limits, async () => {
      await using proxy = await startFaultProxy({ target: cell.socketPath });
      const host = await cell.open({ socketPath: proxy.socketPath });
      let asked: () => void = () => undefined;
      const requested = new Promise<void>((resolve) => (asked = resolve));
      proxy.fault = ({ method, target }) => {
        if (!isCreate(`${method} ${target}`)) return { kind: 'none' };
        asked();
        return fault;
      };
      const abort = new AbortController();
      const starting = host.start({ ...launch(), signal: abort.signal }).then(
        () => assert.fail('it was started'),
        () => undefined,
      );
      await requested;
      if (fault.kind === 'delay' || fault.kind === 'stall') abort.abort(new Error('too slow'));
      await starting;
      assert.deepEqual(await cell.remains(host), []);
      await host.close();
    });
  }
});
