import type { PluginHost } from '../../src/index.ts';
import { openServer } from '../../src/server/index.ts';
import { aborted, wrong, type Refusals } from './refusals.ts';

/** The HTTP API; of a host on an engine that only records what it is asked. */
export function serverRefusals(host: PluginHost): Refusals {
  return {
    takers: {
      openServer: {
        call: (options) => openServer(host, options as never),
        options: { directory: '/nonexistent/bulkhead', signal: aborted },
        required: true,
        nested: ['listen', 'limits'],
        wrong: {
          directory: [undefined, ...wrong.filled, '~/x'],
          trustedOwners: [null, 7, [-1], ['root']],
          keyFile: [...wrong.filled, '~/x'],
          listen: [null, 8200, '127.0.0.1'],
          'listen.address': [...wrong.filled, '0.0.0.0', '::', '10.0.0.1', 'example.com'],
          'listen.port': [...wrong.count, 65_536],
          'listen.tls': [null, 'x', {}, { cert: 'x' }, { key: 'x' }],
          limits: [null, 'x'],
          'limits.bodyBytes': wrong.positive,
          'limits.headerBytes': wrong.positive,
          'limits.headersMs': wrong.timeLimit,
          'limits.arrivalMs': wrong.timeLimit,
          'limits.requestMs': wrong.timeLimit,
          'limits.requests': wrong.positive,
          'limits.lasting': wrong.positive,
          'limits.connections': wrong.positive,
          'limits.drainMs': wrong.timeLimit,
          accessLog: wrong.callback,
          onProblem: wrong.callback,
          signal: wrong.signal,
        },
      },
    },
    wrongCalls: {
      openServer: [
        ['host', () => openServer(undefined as never, { directory: 'x' })],
        ['host', () => openServer({} as never, { directory: 'x' })],
      ],
    },
  };
}
