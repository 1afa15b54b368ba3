import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TrustedDirectory } from '../../catalog/internal.ts';
import { BulkheadError } from '../../errors.ts';
import { callByName, wantedCall, type Callable } from '../../goplugin/internal.ts';
import type { InstanceSnapshot } from '../instances/instance-state.ts';
import type { PluginLogLine } from '../instances/plugin-log.ts';
import type { Mount } from '../mounts/mount.ts';
import { Answers, mostBehind } from './answers.ts';
import { Connections } from './connections.ts';
import { listenInDirectory, type ListenOptions } from './control-listener.ts';
import { readRequestLine } from './request-line.ts';
import {
  longestRequest,
  requestSchema,
  type AsJson,
  type ControlAnswer,
  type ControlRequest,
  type HostState,
} from './messages.ts';

/** How often a host says that it is alive while it is at work on a request. */
const beatMs = 1_000;

/** What is asked of a host. */
export interface ControlledHost {
  readonly id: string;
  instances(): InstanceSnapshot[];
  mounts(): readonly Mount[];
  reload(
    type: string,
    name: string,
    options: {
      readonly version?: string | undefined;
      readonly mounts?: readonly string[] | undefined;
      readonly override?: 'unknown' | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<number>;
  logs(instanceId: string): readonly PluginLogLine[];
  followLogs(instanceId: string, listener: (line: PluginLogLine) => void): () => void;
}

/**
 * Serves other processes of the same user, such as the commands `ps`, `logs`, `call` and `plugin reload`: the state of
 * this host, its logs, a reload, a call. The socket is in a folder that only its owner can enter. A command
 * that stands still holds up neither the host nor other commands.
 *
 * @param options.removed told when somebody removed the socket, after which another one is made
 * @throws the errors of the file system; StoreError `CATALOG_UNTRUSTED`
 */
export async function serveControl(
  host: ControlledHost,
  directory: TrustedDirectory,
  options: Pick<ListenOptions, 'removed' | 'keepsAlive'> = {},
): Promise<AsyncDisposable> {
  const connections = new Connections();
  const listener = await listenInDirectory(directory, {
    ...options,
    connected: (socket) => {
      if (connections.add(socket)) void answer(host, socket, connections);
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      connections.destroyAll();
      await listener[Symbol.asyncDispose]();
      connections.destroyAll();
    },
  };
}

/** Lets a mount be called by the plugin's description of itself. */
function callable({ reflection, client }: Mount): Callable {
  return { reflection, client };
}

async function answer(host: ControlledHost, socket: Socket, connections: Connections): Promise<void> {
  const gone = new AbortController();
  socket.on('error', () => undefined);
  socket.once('close', () => {
    gone.abort(new Error('the other side is gone'));
  });
  const answers = new Answers(socket);
  let beats: NodeJS.Timeout | undefined;
  try {
    const request = await readRequest(socket);
    connections.asked(socket);
    if ('beats' in request && request.beats === true) {
      beats = setInterval(() => {
        answers.beat();
      }, beatMs).unref();
    }
    await carryOut(host, request, answers, gone.signal);
    if ('done' in request && request.done === true) await answers.say({ done: true });
  } catch (error) {
    await answers.say({ error: errorAnswer(error) }).catch(() => undefined); // nobody is left who could be told
  } finally {
    clearInterval(beats);
  }
  socket.end();
}

async function readRequest(socket: Socket): Promise<ControlRequest> {
  const line = await readRequestLine(socket, longestRequest);
  const request = requestSchema.safeParse(parsed(line));
  if (request.success) return request.data;
  throw new BulkheadError('INVALID_OPTION', 'the host does not know this request', {
    hint: 'Use the same version of bulkhead for both commands.',
  });
}

/** Returns `undefined` for a line that is not JSON, which no request is. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function carryOut(
  host: ControlledHost,
  request: ControlRequest,
  answers: Answers,
  signal: AbortSignal,
): Promise<void> {
  switch (request.op) {
    case 'state':
      await answers.say({ state: stateOf(host) });
      return;
    case 'reload':
      await answers.say({ reloaded: await reload(host, request, signal) });
      return;
    case 'logs':
      await logs(host, request, answers, signal);
      return;
    case 'call': {
      const mount = host
        .mounts()
        .find(
          ({ plugin, version }) =>
            plugin.type === request.type &&
            plugin.name === request.name &&
            (request.version === undefined || request.version === version),
        );
      if (mount === undefined) {
        await answers.say({ absent: true });
        return;
      }
      const { timeoutMs } = request;
      const wanted = wantedCall(request.path, request.json);
      await callByName(callable(mount), wanted, { signal, timeoutMs }, (reply, streamed) =>
        answers.say({ reply, streamed }),
      );
    }
  }
}

function stateOf(host: ControlledHost): HostState {
  return {
    pid: process.pid,
    hostId: host.id,
    instances: host.instances() as unknown as HostState['instances'], // it is sent as JSON
    mounts: host.mounts().map((mount) => ({
      id: mount.mountId,
      type: mount.plugin.type,
      name: mount.plugin.name,
      version: mount.version,
      instance: mount.instance.id,
      calls: mount.calls,
    })),
  };
}

async function reload(
  host: ControlledHost,
  { type, name, version, mounts, override }: ControlRequest & { op: 'reload' },
  signal: AbortSignal,
): Promise<number> {
  const isMeant = ({ mountId, plugin }: Mount): boolean =>
    (name === undefined || plugin.name === name) &&
    (type === undefined || plugin.type === type) &&
    (mounts?.includes(mountId) ?? true);
  const plugins = new Map(
    host
      .mounts()
      .filter(isMeant)
      .map(({ plugin }) => [`${plugin.type} ${plugin.name}`, plugin]),
  );
  let moved = 0;
  for (const plugin of plugins.values()) {
    moved += await host.reload(plugin.type, plugin.name, { version, mounts, override, signal });
  }
  return moved;
}

async function logs(
  host: ControlledHost,
  { instance, follow }: ControlRequest & { op: 'logs' },
  answers: Answers,
  signal: AbortSignal,
): Promise<void> {
  const answer = (line: unknown): ControlAnswer => ({ line: line as AsJson<never> });
  const kept = host.logs(instance);
  // Lines that are written while the kept lines are being sent come after them.
  const later: PluginLogLine[] = [];
  let characters = 0;
  let tell = (line: PluginLogLine): void => {
    characters += line.text.length;
    if (characters <= mostBehind) later.push(line);
    else answers.leaveOut();
  };
  const stop = follow
    ? host.followLogs(instance, (line) => {
        tell(line);
      })
    : () => undefined;
  try {
    for (const line of kept) await answers.say(answer(line));
    for (const line of later) answers.sayOrLeaveOut(answer(line));
    tell = (line) => {
      answers.sayOrLeaveOut(answer(line));
    };
    if (follow && !signal.aborted) await once(signal, 'abort');
  } finally {
    stop();
  }
}

function errorAnswer(error: unknown): { code: string; message: string; hint?: string | undefined } {
  const { code, message, hint } = BulkheadError.from(error);
  return { code, message, hint };
}
