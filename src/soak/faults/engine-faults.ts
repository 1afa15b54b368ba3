/** Faults of the engine, made by the proxy that stands before it. */
import type { Fault } from '../../testing/index.ts';
import type { DrawnFault, FaultName } from '../trial.ts';
import type { World } from '../world.ts';

/** How long an engine is silent or away. */
const awayMs = 400;

type EngineFault = (world: World, drawn: DrawnFault) => Fault | undefined;

export const engineFaults: Readonly<Partial<Record<FaultName, EngineFault>>> = {
  'engine-late': (_, { detail }) => ({ kind: 'delay', ms: detail }),
  'engine-silent': (world, { detail }) => {
    later(world, () => {
      world.proxy.cut();
    });
    return { kind: 'stall', afterBytes: detail % 400 };
  },
  'engine-cut': (_, { detail }) =>
    detail % 2 === 0
      ? { kind: 'cut-head', afterBytes: Math.floor(detail / 2) % 300 }
      : { kind: 'cut-body', afterBytes: Math.floor(detail / 2) % (detail % 3 === 0 ? 40 : 500) },
  'engine-torn': () => ({ kind: 'split' }),
  'engine-error': (_, { detail }) => {
    const status = ['500 Internal Server Error', '503 Service Unavailable', '409 Conflict'][detail % 3] ?? '';
    return answer(status, JSON.stringify({ message: 'the storage is full', cause: 'the storage is full' }));
  },
  'engine-malformed': (_, { detail }) => {
    const bodies = ['', '{', 'null', '[]', '{"Id":7}', '\u0000\u0001', '<html>busy</html>'];
    return answer('200 OK', bodies[detail % bodies.length] ?? '');
  },
  'engine-doubled': () => ({ kind: 'double' }),
  'engine-wrong-id': (_, { detail }) => ({ kind: 'edit', edit: (json) => withWrongId(json, detail) }),
  'engine-altered': () => ({ kind: 'edit', edit: privileged }),
  'engine-away': (world) => {
    world.proxy.fault = { kind: 'refuse' };
    later(world, () => {
      world.stage.passOn();
    });
    setImmediate(() => {
      world.proxy.cut();
    });
    return { kind: 'none' };
  },
};

/** Lifts the fault after some time, or at the end of the trial. */
function later(world: World, lift: () => void): void {
  const timer = setTimeout(lift, awayMs);
  world.undo.push(() => {
    clearTimeout(timer);
    lift();
  });
}

function answer(status: string, body: string): Fault {
  return {
    kind: 'replace',
    bytes: Buffer.from(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    ),
  };
}

/** An id that no container has, or one that is none at all. */
function withWrongId(json: unknown, detail: number): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || !('Id' in json)) return json;
  return { ...json, Id: detail % 2 === 0 ? 'f'.repeat(64) : '../../images' };
}

/** The same container with every right. */
function privileged(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('HostConfig' in json)) return json;
  return { ...json, HostConfig: { ...(json.HostConfig as object), Privileged: true } };
}
