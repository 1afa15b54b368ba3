/** The paths that Vault does not have: what runs, what it writes, and what could run here. */
import { dataAnswer, type Answer } from '../http/answer.ts';
import { nothingThere } from '../http/api-error.ts';
import { lineData } from '../operations/instance-data.ts';
import { instanceEvents } from '../operations/instance-events.ts';
import { InstanceWatch, presentInstances } from '../operations/instance-watch.ts';
import { logEvents } from '../operations/log-events.ts';
import { predictedMatrix } from '../operations/predicted-matrix.ts';
import { prometheus, prometheusType } from '../operations/prometheus.ts';
import { readQuery } from '../operations/query.ts';
import { verdict } from '../operations/verdict.ts';
import { refusedPlugin } from './refused-plugin.ts';
import type { ApiRequest, Route, ServerContext } from './route.ts';

/** The most lines of a log that a host keeps. */
const mostLines = 1000;

export const bulkheadRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/instances',
    needs: 'observe',
    handle: ({ query }, { host }) => {
      readQuery(query, { list: 'text' });
      using watch = new InstanceWatch(host);
      return dataAnswer({ instances: watch.list() });
    },
  },
  {
    method: 'LIST',
    pattern: '/v1/sys/bulkhead/instances',
    needs: 'observe',
    handle: ({ query }, { host }) => {
      readQuery(query, { list: 'text' });
      using watch = new InstanceWatch(host);
      const instances = watch.list();
      if (instances.length === 0) throw nothingThere();
      const keyInfo = Object.fromEntries(instances.map((each) => [each.id, each]));
      return dataAnswer({ keys: Object.keys(keyInfo), key_info: keyInfo });
    },
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/instances/:instance',
    needs: 'observe',
    handle: ({ params, query }, { host }) => {
      readQuery(query, {});
      using watch = new InstanceWatch(host);
      const found = watch.list().find(({ id }) => id === params['instance']);
      if (found === undefined) throw nothingThere();
      return dataAnswer({ ...found });
    },
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/instances/:instance/logs',
    needs: 'observe',
    handle: keptLog,
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/instances/:instance/follow',
    needs: 'observe',
    lasting: true,
    handle: ({ params, query, signal }, { host }) => {
      const { lines = mostLines } = readQuery(query, { lines: 'number' });
      const instance = instanceOf(params, host);
      return eventStream(logEvents(host, { instance, lines, signal }));
    },
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/events',
    needs: 'observe',
    lasting: true,
    handle: ({ query, signal }, { host }) => {
      readQuery(query, {});
      return eventStream(instanceEvents(host, signal));
    },
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/metrics',
    needs: 'observe',
    handle: ({ query }, { host }) => {
      readQuery(query, {});
      return { kind: 'raw', headers: { 'Content-Type': prometheusType }, body: prometheus(host) };
    },
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/verdict',
    needs: 'observe',
    handle: async ({ query, signal }, { host }) => dataAnswer(await verdict(host, query, signal)),
  },
  {
    method: 'GET',
    pattern: '/v1/sys/bulkhead/matrix',
    needs: 'observe',
    handle: async ({ query, signal }, { host }) => {
      const { image } = readQuery(query, { image: 'text' });
      try {
        return dataAnswer({ ...(await predictedMatrix(host, image, { signal })) });
      } catch (error) {
        throw refusedPlugin(error); // an image that is not there is the caller's to mend
      }
    },
  },
  {
    method: 'POST',
    pattern: '/v1/sys/bulkhead/gc',
    needs: 'everything',
    handle: async ({ query, signal }, { host }) => {
      readQuery(query, {});
      return dataAnswer({ ...(await host.gc({ signal })) });
    },
  },
];

function keptLog({ params, query }: ApiRequest, { host }: ServerContext): Answer {
  const { lines = mostLines } = readQuery(query, { lines: 'number' });
  const instance = instanceOf(params, host);
  const kept = lines === 0 ? [] : host.logs(instance).slice(-lines);
  return dataAnswer({ lines: kept.map((line) => lineData(line)) });
}

/** @throws ApiError 404 */
function instanceOf(params: Readonly<Record<string, string>>, host: ServerContext['host']): string {
  const id = params['instance'] ?? '';
  if (presentInstances(host).some((each) => each.id === id)) return id;
  throw nothingThere();
}

function eventStream(body: AsyncIterable<string>): Answer {
  return { kind: 'stream', headers: { 'Content-Type': 'text/event-stream; charset=utf-8' }, body };
}
