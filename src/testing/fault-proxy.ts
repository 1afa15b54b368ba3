import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { AnswerPosition } from './answer-position.ts';
import { EditedAnswer } from './edited-answer.ts';
import { faultChoice } from './fault-options.ts';
import { checkArgument, checkShape, filledText, required, shapeOf } from '../settings/option-shape.ts';
import { listenPrivately } from './private-socket.ts';

/** Chooses the fault for the answer to each request. */
export type FaultChoice = Fault | ((request: { readonly method: string; readonly target: string }) => Fault);

/** What happens to the answers that pass through. Positions count from the beginning of each answer. */
export type Fault =
  | { readonly kind: 'none' }
  /** Closes each connection as soon as it is made. */
  | { readonly kind: 'refuse' }
  /** Closes the connection after so many bytes of the head: with 0 before any of them, with 20 in the middle of it. */
  | { readonly kind: 'cut-head'; readonly afterBytes: number }
  /** Closes the connection after so many bytes of the body, the sizes of its chunks included. */
  | { readonly kind: 'cut-body'; readonly afterBytes: number }
  /** Goes silent after so many bytes of the answer, and keeps the connection open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Passes every byte on separately. */
  | { readonly kind: 'split' }
  /** Passes the answer on twice, up to the bytes that come with its head. */
  | { readonly kind: 'double' }
  /** Holds everything back for this long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answers with these bytes instead of the engine's, which does what it was asked to, unless it is not `asked`. */
  | { readonly kind: 'replace'; readonly bytes: Uint8Array; readonly asked?: boolean | undefined }
  /** Changes the JSON of the engine's answer. */
  | { readonly kind: 'edit'; readonly edit: (json: unknown) => unknown };

export interface FaultProxyOptions {
  /** Path of the engine's socket. */
  readonly target: string;
  /** The fault. Default: none. */
  readonly fault?: FaultChoice | undefined;
}

/** A real proxy between a client and an engine, both on unix sockets. */
export interface FaultProxy extends AsyncDisposable {
  readonly socketPath: string;
  /** The present fault. It may be changed at any time, and applies to requests that are made from then on. */
  fault: FaultChoice;
  /** Number of client connections that are open now. */
  readonly openConnections: number;
  /** Ends every connection now, also those whose answers are held back. New ones are taken. */
  cut(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const proxyOptions = required(
  shapeOf<FaultProxyOptions>({ target: required(filledText), fault: faultChoice }),
);

/**
 * Starts a proxy that does to an engine's answers what networks and crashes do to them.
 *
 * @example
 * await using proxy = await startFaultProxy({ target: podman.socketPath });
 * await using engine = await connectEngine({ socketPath: proxy.socketPath });
 * proxy.fault = { kind: 'cut-body', afterBytes: 10 };
 * await assert.rejects(engine.system.info(), EngineGoneError);
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  checkShape('startFaultProxy', proxyOptions, options);
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // faults are the point
    socket.once('close', () => sockets.delete(socket));
  };
  let clients = 0;
  let fault: FaultChoice = options.fault ?? { kind: 'none' };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    clients += 1;
    client.once('close', () => {
      clients -= 1;
    });
    if (typeof fault !== 'function' && fault.kind === 'refuse') {
      client.destroy();
      return;
    }
    const connectEngine = () => {
      const engine = connect({ path: options.target, allowHalfOpen: true });
      track(engine);
      return engine;
    };
    join(client, connectEngine, () => fault);
  });
  const { socketPath, remove } = await listenPrivately(server);
  return {
    socketPath,
    get fault() {
      return fault;
    },
    set fault(next: FaultChoice) {
      checkArgument('proxy', 'fault', faultChoice, next);
      fault = next;
    },
    get openConnections() {
      return clients;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) {
        server.close();
        await once(server, 'close');
      }
      await remove();
    },
  };
}

function join(client: Socket, connectEngine: () => Socket, currentFault: () => FaultChoice): void {
  const position = new AnswerPosition();
  let fault: Fault = { kind: 'none' };
  let edited: EditedAnswer | undefined;
  let handingOn = Promise.resolve();
  const engines = new Set<Socket>();
  let engine = attach();

  client.on('data', (bytes) => {
    const request = parseRequestLine(bytes);
    if (request !== undefined) {
      position.begin();
      const choice = currentFault();
      fault = typeof choice === 'function' ? choice(request) : choice;
      edited = fault.kind === 'edit' ? new EditedAnswer(fault.edit) : undefined;
      if (fault.kind === 'replace' && fault.asked === false) client.write(fault.bytes);
    }
    if (fault.kind === 'replace' && fault.asked === false) return;
    if (!engine.write(bytes)) client.pause();
  });
  client.on('end', () => engine.end());
  client.on('close', () => {
    for (const each of engines) each.destroy();
  });

  function attach(): Socket {
    const attached = connectEngine();
    const isCurrent = () => attached === engine;
    attached.on('drain', () => client.resume());
    engines.add(attached);
    attached.once('close', () => engines.delete(attached));
    attached.on('data', (bytes) => {
      if (!isCurrent()) return;
      attached.pause();
      handingOn = handingOn.then(async () => {
        if (fault.kind === 'replace') {
          // Later requests have a connection of their own, because the rest of this answer still comes on the present one.
          engine = attach();
          await write(client, fault.bytes);
        } else if (edited === undefined) await handOn(bytes, client, position, fault);
        else await write(client, edited.push(bytes));
        attached.resume();
      });
    });
    attached.on('end', () => {
      void handingOn.then(() => {
        if (isCurrent() && fault.kind !== 'stall') client.end();
      });
    });
    attached.on('close', () => {
      void handingOn.then(() => {
        if (isCurrent() && fault.kind !== 'stall') client.destroySoon();
      });
    });
    return attached;
  }
}

/** Reads the request line with which a client's bytes begin when they begin a request, and hardly ever otherwise. */
function parseRequestLine(bytes: Buffer): { method: string; target: string } | undefined {
  const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(bytes.toString('latin1', 0, 8192)) ?? [];
  return method === undefined || target === undefined ? undefined : { method, target };
}

async function handOn(bytes: Buffer, client: Socket, position: AnswerPosition, fault: Fault): Promise<void> {
  const start = position.passed;
  position.pass(bytes);
  switch (fault.kind) {
    case 'cut-head':
      return cut(
        bytes.subarray(0, Math.max(0, fault.afterBytes - start)),
        client,
        position.passed >= fault.afterBytes,
      );
    case 'cut-body': {
      const end = position.headLength === undefined ? undefined : position.headLength + fault.afterBytes;
      const isReached = end !== undefined && position.passed >= end;
      return cut(isReached ? bytes.subarray(0, Math.max(0, end - start)) : bytes, client, isReached);
    }
    case 'stall':
      return write(client, bytes.subarray(0, Math.max(0, fault.afterBytes - start)));
    case 'split':
      client.setNoDelay();
      for (const byte of bytes) await write(client, Buffer.of(byte));
      return;
    case 'double':
      await write(client, bytes);
      return start === 0 ? write(client, bytes) : undefined;
    case 'delay':
      await delay(fault.ms, client);
      return write(client, bytes);
    case 'edit':
    case 'replace':
    case 'refuse':
    case 'none':
      return write(client, bytes);
  }
}

/** Waits, but not longer than the client is there: a timer that outlived the proxy would keep its process from ending. */
function delay(ms: number, client: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      client.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    client.on('close', end);
    if (client.destroyed) end();
  });
}

async function cut(bytes: Uint8Array, client: Socket, close: boolean): Promise<void> {
  await write(client, bytes);
  if (close) client.destroy();
}

function write(client: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (bytes.length === 0 || client.destroyed) resolve();
    else
      client.write(bytes, () => {
        resolve(); // it resolves also after a failure: the client has gone
      });
  });
}
