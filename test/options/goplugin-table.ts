import {
  cleanupEnded,
  createLogger,
  formatHandshakeLine,
  formatReattachConfig,
  loadProto,
  parseHandshakeLine,
  parseReattachConfig,
  reattachPlugin,
  serve,
  service,
  startPlugin,
  subprocessRunner,
} from '../../src/goplugin/index.ts';
import { aborted, wrong, type Refusals } from './refusals.ts';

const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };
const cookies = [undefined, null, 'hello', {}, { magicCookieKey: 'A' }, { ...handshake, magicCookieKey: 7 }];
const versions = [undefined, null, 1, [], ['1'], [NaN], [-1], [1.5]];
const messageBytes = [NaN, 0, -1, 1.5, '1', Infinity, null];
const createRunner = () => Promise.reject(new Error('nothing is to be started'));
const line = { protocolVersion: 1, network: 'unix', address: '/s', certificateDer: undefined };
const reattach = {
  protocol: 'grpc',
  protocolVersion: 1,
  address: { network: 'unix', address: '/nowhere' },
  pid: undefined,
  test: true,
};
const runner = { reattach: { ...reattach, pid: 4_194_304 } };

export const goplugin: Refusals = {
  takers: {
    startPlugin: {
      call: (options) => startPlugin(options as never),
      options: { createRunner, handshake, protocolVersions: [1], signal: aborted },
      required: true,
      wrong: {
        createRunner: [undefined, ...wrong.callback],
        handshake: cookies,
        protocolVersions: versions,
        autoMtls: wrong.flag,
        brokerMultiplex: wrong.flag,
        maxMessageBytes: messageBytes,
        startTimeoutMs: wrong.timeLimit,
        signal: wrong.signal,
        onLog: wrong.callback,
        onOutput: wrong.callback,
        onOutputGap: wrong.callback,
      },
    },
    subprocessRunner: {
      call: (options) => subprocessRunner(options as never),
      options: { command: '/bin/true' },
      required: true,
      nested: ['secureConfig'],
      wrong: {
        command: [undefined, ...wrong.filled],
        args: wrong.texts,
        env: wrong.record,
        skipHostEnv: wrong.flag,
        socketsAnywhere: wrong.flag,
        secureConfig: [null, 'x', {}, { checksum: 7 }, { checksum: 'aa', hash: 'x' }],
        cwd: wrong.filled,
        temporaryDirectory: wrong.filled,
      },
    },
    reattachPlugin: {
      call: (options) => reattachPlugin(options as never),
      options: { ...runner, signal: aborted },
      required: true,
      nested: ['reattach', 'reattach.address'],
      wrong: {
        reattach: [undefined, null, 'x', {}],
        'reattach.protocol': [undefined, 'netrpc'],
        'reattach.pid': wrong.positive,
        runner: [null, 'x', {}],
        startTimeoutMs: wrong.timeLimit,
        signal: wrong.signal,
        onOutput: wrong.callback,
        maxMessageBytes: messageBytes,
      },
    },
    formatReattachConfig: {
      call: (options) => formatReattachConfig(options as never),
      options: reattach,
      required: true,
      wrong: { protocol: [undefined, 'x'], address: [undefined, null, {}], test: [undefined, ...wrong.flag] },
    },
    serve: {
      call: (options) => serve(options as never),
      options: { handshake, signal: aborted, exit: false, test: { onReady: () => undefined } },
      required: true,
      nested: ['test'],
      wrong: {
        handshake: cookies,
        protocolVersions: versions.slice(1),
        services: [null, 'x', [{}], [null]],
        register: wrong.callback,
        maxMessageBytes: messageBytes,
        logger: [null, 'x', {}],
        onShutdown: wrong.callback,
        exit: wrong.flag,
        hostGoneMs: [NaN, -1, '1', null],
        test: [null, 'x', {}, { onReady: 7 }],
        signal: wrong.signal,
      },
    },
    createLogger: {
      call: (options) => createLogger(options as never),
      wrong: { name: wrong.text, level: wrong.choice, write: wrong.callback },
    },
    loadProto: {
      call: (options) => loadProto('/nowhere/a.proto', options as never),
      wrong: { includeDirs: wrong.texts },
    },
    parseHandshakeLine: {
      call: (options) => parseHandshakeLine('1|1|unix|/s|grpc', options as never),
      options: { protocolVersions: [1], autoMtls: false },
      required: true,
      wrong: {
        protocolVersions: [undefined, null, 1, ['1']],
        autoMtls: [undefined, ...wrong.flag],
        brokerMultiplex: wrong.flag,
      },
    },
    cleanupEnded: {
      call: (options) => cleanupEnded(options as never),
      options: { signal: aborted },
      wrong: { signal: wrong.signal },
    },
    formatHandshakeLine: {
      call: (options) => formatHandshakeLine(options as never),
      options: line,
      required: true,
      wrong: {
        protocolVersion: [undefined, ...wrong.count],
        network: [undefined, ...wrong.choice],
        address: [undefined, ...wrong.filled],
        certificateDer: wrong.text,
        multiplexing: wrong.flag,
      },
    },
  },
  wrongCalls: {
    loadProto: [undefined, null, 7, '', [], [7]].map((path) => ['path', () => loadProto(path as never)]),
    parseHandshakeLine: [undefined, null, 7].map((text) => [
      'text',
      () => parseHandshakeLine(text as never, { protocolVersions: [1], autoMtls: false }),
    ]),
    parseReattachConfig: [undefined, null, 7, 'x', '{}', {}].map((entry) => [
      'reattach',
      () => parseReattachConfig(entry),
    ]),
    service: [
      ['definition', () => service(undefined as never, {})],
      ['definition', () => service({ Get: {} } as never, {})],
      ['implementation', () => service({}, null as never)],
    ],
  },
};
