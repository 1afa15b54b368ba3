/** Every operation with plain arguments, and what it must put on the wire of each kind of engine. */
import type { Engine } from '../../../src/engine/index.ts';
import type { RecordedRequest, ScriptedAnswer } from '../../../src/testing/index.ts';

export interface WireExpectation {
  /** Method and path, version prefix included. */
  readonly request: string;
  readonly query?: RecordedRequest['query'];
  readonly json?: unknown;
}

export interface Operation {
  readonly name: string;
  call(engine: Engine): Promise<unknown>;
  /** The same with an option that does not exist. */
  callWrongly?(engine: Engine): Promise<unknown>;
  /** The last request; those before ask for what has to be known first. */
  readonly docker: WireExpectation;
  readonly podman: WireExpectation;
  /** Answers to the requests, by their path without prefix. Default: an empty object. */
  readonly answers?: Readonly<Record<string, ScriptedAnswer>>;
}

/** Prefixes of the recording servers' engines. */
const d = '/v1.51';
const p = '/v1.41';
const libpod = '/v4.0.0/libpod';

const wrong = { nonsense: true } as never;
const probe = {
  body: {
    Id: 'full-id',
    State: { Status: 'running' },
    Config: { Tty: false, OpenStdin: true },
    HostConfig: { LogConfig: { Type: 'json-file' } },
  },
};
const probed = { '/containers/web/json': probe };
const both = (method: string, path: string, query: WireExpectation['query'] = {}) => ({
  docker: { request: `${method} ${d}${path}`, query },
  podman: { request: `${method} ${p}${path}`, query },
});
const tarBlock = Buffer.concat([tarHeader(), Buffer.alloc(1024)]);
const pathStat = Buffer.from(
  JSON.stringify({ name: 'f', size: 1, mode: 0o644, mtime: '2026-01-01T00:00:00Z', linkTarget: '' }),
).toString('base64');
const archiveAnswer = { headers: { 'x-docker-container-path-stat': pathStat }, body: '' };
const containerAnswer = {
  Id: '1',
  Name: '/web',
  Image: 'sha256:2',
  Created: '2026-01-01T00:00:00Z',
  State: { Status: 'running', Running: true },
  OCIRuntime: 'crun', // Podman's
  Config: {},
  HostConfig: { LogConfig: {} },
};
const stats = {
  read: '2026-01-01T00:00:00Z',
  cpu_stats: { cpu_usage: { total_usage: 1 }, online_cpus: 2 },
  memory_stats: {},
  pids_stats: {},
  blkio_stats: {},
};
const imageAnswer = {
  Id: 'a'.repeat(64),
  Architecture: 'amd64',
  Os: 'linux',
  RootFS: { Type: 'layers', Layers: [] },
};

export const operations: readonly Operation[] = [
  {
    name: 'system.ping',
    call: ({ system }) => system.ping(),
    callWrongly: ({ system }) => system.ping(wrong),
    docker: { request: '' }, // those that connecting sends are not recorded
    podman: { request: '' },
  },
  {
    name: 'system.version',
    call: ({ system }) => system.version(),
    callWrongly: ({ system }) => system.version(wrong),
    ...both('GET', '/version'),
    answers: { '/version': { body: { Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' } } },
  },
  {
    name: 'system.info',
    call: ({ system }) => system.info(),
    callWrongly: ({ system }) => system.info(wrong),
    docker: { request: '' },
    podman: { request: '' },
  },
  {
    name: 'system.events',
    call: async ({ system }) => {
      const filters = { type: ['container'], event: ['destroy'], label: ['a=b'] };
      const since = new Date(1_500_000_000_250);
      await (
        await system.events({ since, until: new Date(1_600_000_000_000), filters })
      )[Symbol.asyncDispose]();
    },
    callWrongly: ({ system }) => system.events({ filters: { nonsense: ['x'] } as never }),
    docker: {
      request: `GET ${d}/events`,
      query: {
        since: '1500000000.250',
        until: '1600000000.000',
        filters: '{"type":["container"],"event":["destroy"],"label":["a=b"]}',
      },
    },
    podman: {
      request: `GET ${p}/events`,
      query: {
        since: '1500000000.250',
        stream: 'false', // instead of a time that has passed
        filters: '{"type":["container"],"event":["destroy","remove"],"label":["a=b"]}',
      },
    },
  },
  {
    name: 'system.diskUsage',
    call: ({ system }) => system.diskUsage(),
    callWrongly: ({ system }) => system.diskUsage(wrong),
    ...both('GET', '/system/df'),
  },
  {
    name: 'images.load',
    call: ({ images }) => images.load(tarBlock),
    callWrongly: ({ images }) => images.load(tarBlock, wrong),
    ...both('POST', '/images/load'),
  },
  {
    name: 'images.save',
    call: async ({ images }) => (await images.save(['a:1', 'host:5000/b:2']))[Symbol.asyncDispose](),
    callWrongly: ({ images }) => images.save('a:1', wrong),
    ...both('GET', '/images/get', { names: ['a:1', 'host:5000/b:2'] }),
  },
  {
    name: 'images.list',
    call: ({ images }) => images.list({ all: true, filters: { label: ['a=b'] } }),
    callWrongly: ({ images }) => images.list(wrong),
    ...both('GET', '/images/json', { all: 'true', filters: '{"label":["a=b"]}' }),
    answers: { '/images/json': { body: [] } },
  },
  {
    name: 'images.inspect',
    call: ({ images }) => images.inspect('host:5000/team/web:1'),
    callWrongly: ({ images }) => images.inspect('web:1', wrong),
    ...both('GET', '/images/host%3A5000/team/web%3A1/json'),
    answers: { '/images/host%3A5000/team/web%3A1/json': { body: imageAnswer } },
  },
  {
    name: 'images.history',
    call: ({ images }) => images.history('web:1'),
    callWrongly: ({ images }) => images.history('web:1', wrong),
    ...both('GET', '/images/web%3A1/history'),
    answers: { '/images/web%3A1/history': { body: [] } },
  },
  {
    name: 'images.tag',
    call: ({ images }) => images.tag('web:1', 'host:5000/team/web:2'),
    callWrongly: ({ images }) => images.tag('web:1', 'web:2', wrong),
    ...both('POST', '/images/web%3A1/tag', { repo: 'host:5000/team/web', tag: '2' }),
  },
  {
    name: 'images.remove',
    call: ({ images }) => images.remove('web:1'),
    callWrongly: ({ images }) => images.remove('web:1', wrong),
    ...both('DELETE', '/images/web%3A1'),
    answers: { '/images/web%3A1': { body: [] } },
  },
  {
    name: 'images.prune',
    call: ({ images }) => images.prune({ all: true, labels: ['a=b'], until: new Date(1_500_000_000_000) }),
    callWrongly: ({ images }) => images.prune(wrong),
    docker: {
      request: `POST ${d}/images/prune`,
      query: { filters: '{"label":["a=b"],"until":["1500000000"],"dangling":["false"]}' },
    },
    podman: {
      request: `POST ${libpod}/images/prune`,
      query: { all: 'true', filters: '{"label":["a=b"],"until":["1500000000"]}' },
    },
    answers: { '/libpod/images/prune': { body: [] } },
  },
  {
    name: 'images.build',
    call: ({ images }) =>
      images.build(tarBlock, {
        tags: ['web:1', 'web:2'],
        dockerfile: 'sub/Dockerfile',
        buildArgs: { A: 'b' },
        labels: { c: 'd' },
        target: 'last',
        noCache: true,
        network: 'none',
        pull: false,
      }),
    callWrongly: ({ images }) => images.build(tarBlock, wrong),
    ...both('POST', '/build', {
      t: ['web:1', 'web:2'],
      dockerfile: 'sub/Dockerfile',
      buildargs: '{"A":"b"}',
      labels: '{"c":"d"}',
      target: 'last',
      nocache: 'true',
      networkmode: 'none',
      pull: 'false',
      rm: 'true',
      forcerm: 'true',
    }),
    answers: { '/build': { body: { aux: { ID: 'sha256:1' } } } },
  },
  {
    name: 'images.pull',
    call: ({ images }) => images.pull('host:5000/web:1', { platform: 'linux/arm64' }),
    callWrongly: ({ images }) => images.pull('web:1', wrong),
    // It ends by asking for the id.
    ...both('GET', '/images/host%3A5000/web%3A1/json'),
    answers: { '/images/host%3A5000/web%3A1/json': { body: imageAnswer } },
  },
  {
    name: 'containers.create',
    call: ({ containers }) => containers.create({ image: 'web:1', name: 'web', network: 'none' }),
    callWrongly: ({ containers }) => containers.create({ image: 'web:1', nonsense: true } as never),
    docker: {
      request: `POST ${d}/containers/create`,
      query: { name: 'web' },
      json: { Image: 'web:1', HostConfig: { NetworkMode: 'none', Tmpfs: {} } },
    },
    podman: {
      request: `POST ${libpod}/containers/create`,
      json: { name: 'web', image: 'web:1', systemd: 'false', netns: { nsmode: 'none' }, resource_limits: {} },
    },
    answers: { '/containers/create': { status: 201, body: { Id: '1', Warnings: [] } } },
  },
  {
    name: 'containers.inspect',
    call: ({ containers }) => containers.inspect('/web'),
    callWrongly: ({ containers }) => containers.inspect('web', wrong),
    docker: { request: `GET ${d}/containers/web/json`, query: {} },
    podman: { request: `GET ${libpod}/containers/web/json`, query: {} },
    answers: { '/containers/web/json': { body: containerAnswer } },
  },
  {
    name: 'containers.list',
    call: ({ containers }) => containers.list({ all: true, limit: 3, filters: { status: ['exited'] } }),
    callWrongly: ({ containers }) => containers.list(wrong),
    ...both('GET', '/containers/json', { all: 'true', limit: '3', filters: '{"status":["exited"]}' }),
    answers: { '/containers/json': { body: [] } },
  },
  {
    name: 'containers.attach',
    call: async ({ containers }) =>
      (await containers.attach('web', { stdout: true, stderr: false }))[Symbol.asyncDispose](),
    callWrongly: ({ containers }) => containers.attach('web', wrong),
    ...both('POST', '/containers/full-id/attach', {
      stream: 'true',
      logs: 'false',
      stdin: 'false',
      stdout: 'true',
      stderr: 'false',
    }),
    answers: { ...probed, '/containers/full-id/attach': { body: '' } },
  },
  {
    name: 'containers.start',
    call: ({ containers }) => containers.start('web'),
    callWrongly: ({ containers }) => containers.start('web', wrong),
    ...both('POST', '/containers/web/start'),
  },
  {
    name: 'containers.wait',
    call: ({ containers }) => containers.wait('web'),
    callWrongly: ({ containers }) => containers.wait('web', { condition: 'soon' } as never),
    docker: { request: `POST ${d}/containers/web/wait`, query: { condition: 'not-running' } },
    podman: {
      request: `POST ${libpod}/containers/web/wait`,
      query: { condition: ['created', 'exited', 'stopped'], interval: '50ms' },
    },
    answers: {
      '/containers/web/wait': { body: { StatusCode: 0 } },
      '/libpod/containers/web/wait': { body: '7\n' },
    },
  },
  {
    name: 'containers.kill',
    call: ({ containers }) => containers.kill('web', { killSignal: 'SIGUSR1' }),
    callWrongly: ({ containers }) => containers.kill('web', { killSignal: 'SIGNONSENSE' }),
    ...both('POST', '/containers/web/kill', { signal: '10' }),
  },
  {
    name: 'containers.stop',
    call: ({ containers }) => containers.stop('web', { timeoutSeconds: 3 }),
    callWrongly: ({ containers }) => containers.stop('web', { timeoutSeconds: -1 }),
    ...both('POST', '/containers/web/stop', { t: '3' }),
  },
  {
    name: 'containers.restart',
    call: ({ containers }) => containers.restart('web', { timeoutSeconds: 0 }),
    callWrongly: ({ containers }) => containers.restart('web', wrong),
    ...both('POST', '/containers/web/restart', { t: '0' }),
  },
  {
    name: 'containers.pause',
    call: ({ containers }) => containers.pause('web'),
    callWrongly: ({ containers }) => containers.pause('web', wrong),
    ...both('POST', '/containers/web/pause'),
  },
  {
    name: 'containers.unpause',
    call: ({ containers }) => containers.unpause('web'),
    callWrongly: ({ containers }) => containers.unpause('web', wrong),
    ...both('POST', '/containers/web/unpause'),
  },
  {
    name: 'containers.rename',
    call: ({ containers }) => containers.rename('web', 'other'),
    callWrongly: ({ containers }) => containers.rename('web', '../etc'),
    ...both('POST', '/containers/web/rename', { name: 'other' }),
  },
  {
    name: 'containers.update',
    call: ({ containers }) =>
      containers.update('web', { memoryBytes: 1 << 30, cpuNanos: 500_000_000, pidsLimit: -1 }),
    callWrongly: ({ containers }) => containers.update('web', {}),
    docker: {
      request: `POST ${d}/containers/web/update`,
      json: { Memory: 1 << 30, NanoCpus: 500_000_000, PidsLimit: -1 },
    },
    podman: {
      request: `POST ${libpod}/containers/web/update`,
      json: {
        memory: { limit: 1 << 30, swap: 2 ** 31 },
        cpu: { period: 100_000, quota: 50_000 },
        pids: { limit: 0 },
      },
    },
  },
  {
    name: 'containers.remove',
    call: ({ containers }) => containers.remove('web', { force: true, volumes: true }),
    callWrongly: ({ containers }) => containers.remove('web', wrong),
    docker: { request: `DELETE ${d}/containers/web`, query: { force: 'true', v: 'true' } },
    podman: {
      request: `DELETE ${libpod}/containers/web`,
      query: { force: 'true', v: 'true', volumes: 'true', timeout: '0' },
    },
    answers: { '/containers/web': { body: '' } },
  },
  {
    name: 'containers.prune',
    call: ({ containers }) => containers.prune({ labels: ['a'] }),
    callWrongly: ({ containers }) => containers.prune(wrong),
    ...both('POST', '/containers/prune', { filters: '{"label":["a"]}' }),
  },
  {
    name: 'containers.logs',
    call: async ({ containers }) =>
      (
        await containers.logs('web', {
          follow: true,
          since: new Date(1_500_000_000_000),
          tail: 5,
          timestamps: true,
        })
      )[Symbol.asyncDispose](),
    callWrongly: ({ containers }) => containers.logs('web', { stdout: false, stderr: false }),
    ...both('GET', '/containers/full-id/logs', {
      follow: 'true',
      stdout: 'true',
      stderr: 'true',
      timestamps: 'true',
      since: '1500000000.000',
      tail: '5',
    }),
    answers: { ...probed, '/containers/full-id/logs': { body: '' } },
  },
  {
    name: 'containers.top',
    call: ({ containers }) => containers.top('web'),
    callWrongly: ({ containers }) => containers.top('web', wrong),
    docker: { request: `GET ${d}/containers/web/top`, query: { ps_args: '-eo pid,user,args' } },
    podman: {
      request: `GET ${libpod}/containers/web/top`,
      query: { ps_args: 'hpid,huser,args', stream: 'false' },
    },
    answers: { '/containers/web/top': { body: { Titles: [], Processes: [] } } },
  },
  {
    name: 'containers.stats',
    call: ({ containers }) => containers.stats('web'),
    callWrongly: ({ containers }) => containers.stats('web', wrong),
    ...both('GET', '/containers/web/stats', { stream: 'false', 'one-shot': 'true' }),
    answers: { '/containers/web/stats': { body: stats } },
  },
  {
    name: 'containers.followStats',
    call: async ({ containers }) => (await containers.followStats('web'))[Symbol.asyncDispose](),
    callWrongly: ({ containers }) => containers.followStats('web', wrong),
    docker: { request: `GET ${d}/containers/web/stats`, query: { stream: 'true' } },
    // Podman is asked for one sample after the other.
    podman: { request: `GET ${p}/containers/web/stats`, query: { stream: 'false', 'one-shot': 'true' } },
    answers: { '/containers/web/stats': { body: stats } },
  },
  {
    name: 'containers.changes',
    call: ({ containers }) => containers.changes('web'),
    callWrongly: ({ containers }) => containers.changes('web', wrong),
    ...both('GET', '/containers/web/changes'),
    answers: { '/containers/web/changes': { body: [] } },
  },
  {
    name: 'containers.statPath',
    call: ({ containers }) => containers.statPath('web', '/a b'),
    callWrongly: ({ containers }) => containers.statPath('web', 'relative'),
    ...both('HEAD', '/containers/web/archive', { path: '/a b' }),
    answers: { '/containers/web/archive': archiveAnswer },
  },
  {
    name: 'containers.getArchive',
    call: async ({ containers }) => (await containers.getArchive('web', '/f'))[Symbol.asyncDispose](),
    callWrongly: ({ containers }) => containers.getArchive('web', '/f', wrong),
    ...both('GET', '/containers/web/archive', { path: '/f' }),
    answers: { '/containers/web/archive': archiveAnswer },
  },
  {
    name: 'containers.putArchive',
    call: ({ containers }) =>
      containers.putArchive('web', '/f', tarBlock, { noOverwriteDirNonDir: true, copyUidGid: true }),
    callWrongly: ({ containers }) => containers.putArchive('web', '/f', tarBlock, wrong),
    ...both('PUT', '/containers/web/archive', {
      path: '/f',
      noOverwriteDirNonDir: 'true',
      copyUIDGID: 'true',
    }),
  },
];

/** The answer that `operation` needs, by the path of the request. */
export function answerFor(operation: Operation, { path }: RecordedRequest): ScriptedAnswer {
  const bare = path.replace(/^\/v[\d.]+/, '');
  const { answers = {} } = operation;
  return answers[bare] ?? answers[bare.replace(/^\/libpod/, '')] ?? { body: {} };
}

function tarHeader(): Buffer {
  const block = Buffer.alloc(512);
  block.write('f');
  block.write('0000644\0' + '0000000\0' + '0000000\0' + '00000000000\0' + '00000000000\0', 100);
  block.fill(' ', 148, 156);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
