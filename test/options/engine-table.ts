import { connectEngine, findSockets, startPodmanService, type Engine } from '../../src/engine/index.ts';
import {
  startFaultProxy,
  startPodmanService as startThrowAwayPodman,
  startRecordingServer,
} from '../../src/testing/index.ts';
import { aborted, wrong, type Refusals, type Taker } from './refusals.ts';

/** What stands before the options of each operation, for those that need something there. */
const before: Readonly<Record<string, readonly unknown[]>> = {
  'containers.create': [],
  'containers.list': [],
  'containers.prune': [],
  'containers.rename': ['a', 'b'],
  'containers.getArchive': ['a', '/'],
  'containers.putArchive': ['a', '/', Buffer.alloc(0)],
  'containers.statPath': ['a', '/'],
  'images.list': [],
  'images.prune': [],
  'images.tag': ['a', 'b'],
  'images.load': [Buffer.alloc(0)],
  'images.build': [Buffer.alloc(0)],
  'images.save': [['a']],
};
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'containers.create': { image: 'a' },
  'containers.update': { cpuNanos: 1 },
};

/** Every operation of an engine, and what opens and starts one. */
export function engineRefusals(engine: Engine): Refusals {
  const operations: Record<string, Taker> = {};
  for (const group of ['containers', 'images', 'system'] as const) {
    for (const [name, operation] of Object.entries<(...given: unknown[]) => unknown>(
      engine[group] as never,
    )) {
      const full = `${group}.${name}`;
      const first = before[full] ?? (group === 'system' ? [] : ['a']);
      operations[full] = {
        call: (options) => operation(...first, options),
        options: { ...needed[full], signal: aborted },
        wrong: { signal: wrong.signal },
        required: full in needed,
      };
    }
  }
  const service = {
    runtime: wrong.filled,
    runtimeFlags: wrong.texts,
    cgroupManager: wrong.choice,
    environment: wrong.record,
    startTimeoutMs: wrong.timeLimit,
    signal: wrong.signal,
  };
  return {
    takers: {
      ...operations,
      'engine.request': {
        call: (request) => engine.request(request as never),
        options: { method: 'GET', path: '/info', signal: aborted },
        required: true,
        wrong: { signal: wrong.signal },
      },
      connectEngine: {
        call: (options) => connectEngine(options as never),
        options: { socketPath: '/nowhere', signal: aborted },
        nested: ['limits'],
        wrong: {
          socketPath: [7, null, 'relative'],
          environment: wrong.record,
          'limits.connectMs': wrong.count,
          infoCache: [null, {}],
          signal: wrong.signal,
        },
      },
      startPodmanService: {
        call: (options) => startPodmanService(options as never),
        options: { signal: aborted },
        wrong: { ...service, root: wrong.filled, runRoot: wrong.filled, tmpDir: wrong.filled },
      },
      'startPodmanService for tests': {
        call: (options) => startThrowAwayPodman(options as never),
        options: { signal: aborted },
        wrong: { ...service, parent: wrong.filled },
      },
      startFaultProxy: {
        call: (options) => startFaultProxy(options as never),
        options: { target: '/nowhere' },
        required: true,
        nested: ['fault'],
        wrong: {
          target: [undefined, ...wrong.filled],
          fault: [null, 'x', {}, { kind: 'x' }, { kind: 'stall' }, { kind: 'delay', ms: NaN }],
        },
      },
      startRecordingServer: {
        call: (options) => startRecordingServer(options as never),
        wrong: {
          kind: wrong.choice,
          version: wrong.filled,
          apiVersion: wrong.filled,
          answer: wrong.callback,
        },
      },
    },
    wrongCalls: {
      findSockets: [null, 7, { A: 7 }].map((value) => ['environment', () => findSockets(value as never)]),
    },
  };
}
