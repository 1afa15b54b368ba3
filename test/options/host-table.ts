import {
  liveMatrix,
  liveProbeMatrix,
  memoryStore,
  PluginCatalog,
  PluginHost,
  RuntimeCatalog,
} from '../../src/index.ts';
import { aborted, wrong, type Refusals, type WrongCall } from './refusals.ts';

const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };
const kind = { handshake, protocolVersions: [1], sharing: 'never' };
const launch = { image: 'localhost/nowhere:1', handshake, protocolVersions: [1] };
const kv = { type: 'secret', name: 'kv', ociImage: 'localhost/kv:1' };
const ownKind = { name: 'greeter', magicCookieKey: 'GREETER', magicCookieValue: 'hello' };
const entry = { ...kv, version: '', sha256: '', command: '', args: [], env: {}, runtime: '' };

const matrix = {
  engines: [undefined, null, 'x', [null], [{}]],
  forced: wrong.flag,
  ownEngine: wrong.callback,
  parallelPerEngine: wrong.positive,
  parallel: wrong.positive,
  cellTimeoutMs: wrong.timeLimit,
  onRow: wrong.callback,
  signal: wrong.signal,
};
const notNames = [undefined, null, 7, ''];

/** The host, its methods, and the catalogs; of a host on an engine that only records what it is asked. */
export function hostRefusals(host: PluginHost, socketPath: string): Refusals {
  const store = memoryStore();
  const runtimes = new RuntimeCatalog(store);
  const catalog = new PluginCatalog(store, runtimes);
  const named = (call: (type: never, name: never) => unknown): WrongCall[] =>
    notNames.flatMap((value): WrongCall[] => [
      ['type', () => call(value as never, 'kv' as never)],
      ['name', () => call('secret' as never, value as never)],
    ]);
  const instance = (call: (id: never) => unknown): WrongCall[] =>
    [undefined, null, 7].map((id) => ['instanceId', () => call(id as never)]);
  const version = [null, 7];
  const signal = wrong.signal;
  return {
    takers: {
      'PluginHost.open': {
        call: (options) => PluginHost.open(options as never),
        options: { socketPath, signal: aborted },
        nested: ['limits', 'restart', 'health', 'podman', 'kinds.kv'],
        wrong: {
          directory: wrong.filled,
          trustedOwners: [null, 1, ['1'], [-1], [NaN]],
          store: [null, 'x', {}],
          clusterId: wrong.filled,
          runtime: wrong.filled,
          override: ['refused', true, null],
          kinds: [null, 'x', { kv: null }, { kv: {} }, { kv: { ...kind, sharing: 'x' } }],
          'kinds.kv': [
            { ...kind, protocolVersions: [] },
            { ...kind, handshake: {} },
            { ...kind, probe: 'x' },
          ],
          startTimeoutMs: wrong.timeLimit,
          socketDirectory: wrong.filled,
          socketPath: [...wrong.filled, 'relative'],
          control: wrong.flag,
          embedded: wrong.flag,
          limits: [null, 'x'],
          'limits.containers': wrong.positive,
          'limits.starts': wrong.positive,
          'limits.queuedStarts': wrong.count,
          'limits.waitingCalls': wrong.count,
          idleMs: wrong.milliseconds,
          vaultLabels: wrong.flag,
          watchdog: wrong.flag,
          sweep: wrong.flag,
          logger: [null, 'x', {}, { debug: () => undefined }],
          'restart.delayMs': wrong.milliseconds,
          'restart.maxDelayMs': wrong.milliseconds,
          'restart.jitter': [NaN, -0.1, 1.1, '1', null],
          'restart.maxFailures': wrong.count,
          'restart.windowMs': [NaN, 0, -1, '1', null],
          'restart.stableMs': [NaN, -1, '1', null],
          health: [null, 'x', true],
          'health.intervalMs': wrong.timeLimit,
          'health.timeoutMs': wrong.timeLimit,
          'health.failures': wrong.positive,
          'podman.startTimeoutMs': wrong.timeLimit,
          warmSpare: wrong.flag,
          waitMs: wrong.milliseconds,
          stopGraceMs: wrong.milliseconds,
          signal,
        },
      },
      liveMatrix: {
        call: (options) => liveMatrix(options as never),
        options: { engines: [], image: 'a', launch: {}, signal: aborted },
        required: true,
        nested: ['filter'],
        wrong: {
          ...matrix,
          image: [undefined, ...wrong.filled],
          launch: [undefined, null, 'x'],
          imageOf: wrong.callback,
        },
      },
      liveProbeMatrix: {
        call: (options) => liveProbeMatrix(options as never),
        options: { engines: [], signal: aborted },
        required: true,
        nested: ['filter'],
        wrong: { ...matrix, launch: [null, 'x'] },
      },
      'host.start': {
        call: (options) => host.start('secret', 'kv', options as never),
        options: { signal: aborted },
        wrong: { version, signal },
      },
      'host.check': {
        call: (options) => host.check('secret', 'kv', options as never),
        options: { signal: aborted },
        wrong: { version, mlock: wrong.flag, signal },
      },
      'host.mount': {
        call: (options) => host.mount('secret', 'kv', options as never),
        options: { signal: aborted },
        wrong: {
          version,
          id: wrong.filled,
          share: wrong.flag,
          prepare: wrong.callback,
          release: wrong.callback,
          isIdempotent: wrong.callback,
          redactError: wrong.callback,
          signal,
        },
      },
      'host.mount of an unregistered plugin': {
        call: (options) => host.mount({ launch } as never, options as never),
        options: { signal: aborted },
        wrong: { id: wrong.filled, share: wrong.flag, prepare: wrong.callback, signal },
      },
      'host.mount, what it mounts,': {
        call: (plugin) => host.mount(plugin as never, { signal: aborted }),
        options: { launch },
        required: true,
        wrong: {
          type: wrong.filled,
          name: wrong.filled,
          launch: [undefined, null, 'x', {}],
          'launch.image': [undefined, ...wrong.filled],
          'launch.handshake': [undefined, null, {}],
          'launch.protocolVersions': [undefined, null, 1],
          sharing: wrong.choice,
        },
      },
      'host.reload': {
        call: (options) => host.reload('secret', 'kv', options as never),
        options: { signal: aborted },
        wrong: {
          version,
          override: ['refused', true, null],
          drainMs: wrong.milliseconds,
          mounts: wrong.texts,
          signal,
        },
      },
      'host.checkDrift': { call: (options) => host.checkDrift(options as never), wrong: { signal } },
      'host.gc': {
        call: (options) => host.gc(options as never),
        options: { signal: aborted },
        wrong: { recorded: wrong.flag, signal },
      },
      'host.plugins.register': {
        call: (options) => host.plugins.register(kv, options as never),
        options: { signal: aborted },
        wrong: { skipProbe: wrong.flag, signal },
      },
      'host.plugins.register, what it registers,': {
        call: (registration) => host.plugins.register(registration as never, { signal: aborted }),
        options: kv,
        required: true,
      },
      'host.plugins.deregister': {
        call: (options) => host.plugins.deregister('secret', 'kv', '', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.plugins.list': {
        call: (options) => host.plugins.list(options as never),
        wrong: { type: wrong.filled },
      },
      'host.plugins.pin': {
        call: (options) => host.plugins.pin('secret', 'kv', '1.0.0', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.plugins.unpin': {
        call: (options) => host.plugins.unpin('secret', 'kv', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.kinds.register': {
        call: (options) => host.kinds.register(ownKind, options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.kinds.register, what it registers,': {
        call: (registration) => host.kinds.register(registration as never, { signal: aborted }),
        options: ownKind,
        required: true,
      },
      'host.kinds.deregister': {
        call: (options) => host.kinds.deregister('greeter', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.runtimes.register': {
        call: (options) => host.runtimes.register({ type: 'container', name: 'a' }, options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.runtimes.register, what it registers,': {
        call: (registration) => host.runtimes.register(registration as never, { signal: aborted }),
        options: { type: 'container', name: 'a' },
        required: true,
      },
      'host.runtimes.deregister': {
        call: (options) => host.runtimes.deregister('a', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'PluginCatalog.put': {
        call: (options) => catalog.put(entry, options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'PluginCatalog.put, what it keeps,': {
        call: (given) => catalog.put(given as never, { signal: aborted }),
        argument: 'entry',
        options: entry,
        required: true,
      },
      'PluginCatalog.deregister': {
        call: (options) => catalog.deregister('secret', 'kv', '', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'PluginCatalog.list': {
        call: (options) => catalog.list(options as never),
        wrong: { type: wrong.filled },
      },
      'PluginCatalog.pin': {
        call: (options) => catalog.pin('secret', 'kv', '1.0.0', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'PluginCatalog.unpin': {
        call: (options) => catalog.unpin('secret', 'kv', options as never),
        options: { signal: aborted },
        wrong: { signal },
      },
      'host.close': {
        call: (options) => host.close(options as never),
        options: { limitMs: 1 },
        wrong: { limitMs: wrong.milliseconds },
      },
    },
    wrongCalls: {
      'host.engine': [null, 7, ''].map((runtime) => ['runtime', () => host.engine(runtime as never)]),
      'host.start': [
        ...named((type, name) => host.start(type, name)).filter(([argument]) => argument === 'name'),
        ...[undefined, null, 7, [], {}].map((given): WrongCall => ['', () => host.start(given as never)]),
        ['handshake', () => host.start({ image: 'a', protocolVersions: [1] } as never)],
        ['startTimeoutMs', () => host.start({ ...launch, startTimeoutMs: NaN })],
      ],
      'host.check': named((type, name) => host.check(type, name)).filter(([argument]) => argument === 'name'),
      'host.mount': named((type, name) => host.mount(type, name)).filter(([argument]) => argument === 'name'),
      'host.reload': named((type, name) => host.reload(type, name)),
      'host.reset': instance((id) => host.reset(id)),
      'host.logs': instance((id) => host.logs(id)),
      'host.followLogs': [
        ...instance((id) => host.followLogs(id, () => undefined)),
        ['listener', () => host.followLogs('a', undefined as never)],
      ],
      'host.plugins.deregister': named((type, name) => host.plugins.deregister(type, name)),
      'host.plugins.info': [
        ...named((type, name) => host.plugins.info(type, name)),
        ['version', () => host.plugins.info('secret', 'kv', 7 as never)],
      ],
      'host.plugins.pin': [
        ...named((type, name) => host.plugins.pin(type, name, '1.0.0')),
        ['version', () => host.plugins.pin('secret', 'kv', undefined as never)],
      ],
      'host.plugins.unpin': named((type, name) => host.plugins.unpin(type, name)),
      'PluginCatalog.info': named((type, name) => catalog.info(type, name)),
      'PluginCatalog.resolve': named((type, name) => catalog.resolve(type, name)),
      'PluginCatalog.pinned': named((type, name) => catalog.pinned(type, name)),
      'host.kinds.info': notNames.map((name) => ['name', () => host.kinds.info(name as never)]),
      'host.kinds.find': notNames.map((name) => ['name', () => host.kinds.find(name as never)]),
      'host.runtimes.info': notNames.map((name) => ['name', () => runtimes.info(name as never)]),
      'host.runtimes.deregister': notNames.map((name) => ['name', () => runtimes.deregister(name as never)]),
    },
  };
}
