/** A way to an engine that can be cut, and held up. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface EngineSwitch extends AsyncDisposable {
  readonly socketPath: string;
  /** Ends every connection, and listens no more: the engine is gone. */
  cut(): Promise<void>;
  /** Takes connections and requests, and answers nothing. */
  hold(): void;
  /** As at first. */
  restore(): Promise<void>;
}

export async function engineSwitch(target: string): Promise<EngineSwitch> {
  const folder = await mkdtemp(join(tmpdir(), 'switch-'));
  const socketPath = join(folder, 'engine.sock');
  const open = new Set<Socket>();
  let held = false;
  let server: Server | undefined;

  function relay(client: Socket): void {
    const engine = connect(target);
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.on('end', () => to.end());
      from.on('data', (bytes) => {
        if (!held) to.write(bytes);
      });
    }
  }

  async function listen(): Promise<void> {
    server = createServer({ allowHalfOpen: true }, relay).listen(socketPath);
    await once(server, 'listening');
  }

  async function cut(): Promise<void> {
    for (const socket of open) socket.destroy();
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    closing.close();
    await once(closing, 'close');
  }

  await listen();
  return {
    socketPath,
    cut,
    hold() {
      held = true;
    },
    async restore() {
      // What was held back is lost: those who wait for it find out.
      if (held) for (const socket of open) socket.destroy();
      held = false;
      if (server === undefined) await listen();
    },
    async [Symbol.asyncDispose]() {
      await cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
