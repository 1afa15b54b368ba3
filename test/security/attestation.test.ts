/** An engine, or whoever sits in the place of its socket, makes something else than it was asked: nothing of it is started. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AttestationError } from '../../src/container/index.ts';
import { createContainerRunner } from '../../src/container/container-runner.ts';
import { planLaunch } from '../../src/container/launch-plan.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { startFaultProxy, type Fault } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';
import { ownSocketParent } from '../host/socket-parent.ts';

const limits = { timeout: 120_000 };
const label = 'io.bulkhead.test.attestation';

type Json = Record<string, unknown>;

/** One setting of the answer, changed; `docker` and `podman` where the two word it differently. */
interface Tampering {
  readonly title: string;
  /** What has to be named. */
  readonly setting: string;
  readonly only?: 'docker' | 'podman';
  readonly config?: Json;
  readonly host?: Json;
  readonly top?: Json;
}

const volume = {
  Type: 'volume',
  Name: 'v',
  Source: '/v',
  Destination: '/v',
  RW: true,
  Mode: '',
  Propagation: '',
};

const tamperings: readonly Tampering[] = [
  { title: 'another image', setting: 'image', top: { Image: `sha256:${'0'.repeat(64)}` } },
  { title: 'another entrypoint', setting: 'entrypoint', config: { Entrypoint: ['/bin/evil'] } },
  { title: 'other arguments', setting: 'arguments', config: { Cmd: ['/bin/evil'] } },
  {
    title: 'no seccomp profile',
    setting: 'security options',
    host: { SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] },
  },
  { title: 'no AppArmor profile', setting: 'AppArmor', top: { AppArmorProfile: 'unconfined' } },
  {
    title: 'no SELinux confinement',
    setting: 'SELinux label',
    top: { ProcessLabel: 'system_u:system_r:spc_t:s0' },
  },
  { title: 'IPC of the host', setting: 'IPC namespace', host: { IpcMode: 'host' } },
  {
    title: 'cgroups of the host',
    setting: 'cgroup namespace',
    only: 'docker',
    host: { CgroupnsMode: 'host' },
  },
  { title: 'cgroups of the host', setting: 'cgroup namespace', only: 'podman', host: { CgroupMode: 'host' } },
  { title: 'users of the host', setting: 'user namespace', host: { UsernsMode: 'host' } },
  { title: 'processes of the host', setting: 'process namespace', host: { PidMode: 'host' } },
  { title: 'the name of the host', setting: 'UTS namespace', host: { UTSMode: 'host' } },
  { title: 'the network of the host', setting: 'network', host: { NetworkMode: 'host' } },
  {
    title: 'a device',
    setting: 'devices',
    host: { Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }] },
  },
  {
    title: 'all graphics cards',
    setting: 'device requests',
    only: 'docker',
    host: { DeviceRequests: [{ Driver: 'nvidia', Count: -1 }] },
  },
  {
    title: 'another log driver',
    setting: 'log driver',
    host: { LogConfig: { Type: 'json-file', Config: {} } },
  },
  { title: 'a volume', setting: 'mount /v', top: { Mounts: [volume] } },
  {
    title: 'a larger tmpfs in which programs run',
    setting: 'mount /data',
    host: { Tmpfs: { '/data': 'rw,exec,mode=1777' } },
  },
  {
    title: 'a health check',
    setting: 'health check',
    config: { Healthcheck: { Test: ['CMD', '/bin/evil'] } },
  },
  {
    title: 'a restart policy',
    setting: 'restart policy',
    host: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
  },
  { title: 'removal by the engine', setting: 'automatic removal', host: { AutoRemove: true } },
  {
    title: 'a higher hard limit',
    setting: 'ulimit nofile',
    host: { Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 1_048_576 }] },
  },
  { title: 'all privileges', setting: 'privileged', host: { Privileged: true } },
  { title: 'nothing masked', setting: 'masked paths', only: 'docker', host: { MaskedPaths: [] } },
  {
    title: 'a preloaded library',
    setting: 'environment LD_PRELOAD',
    config: { Env: ['LD_PRELOAD=/v/evil.so'] },
  },
  { title: 'another user', setting: 'user', config: { User: '0:0' } },
];

const engines = noBusybox === undefined ? loadEngines() : [];
if (engines.length === 0) it('attests', { skip: noBusybox ?? noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services) {
    describe(`attestation on ${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      const attempt = async (edit: (answer: Json) => Json): Promise<unknown> => {
        await using proxy = await startFaultProxy({ target: socket });
        await using engine = await connectEngine({ socketPath: proxy.socketPath });
        await using parent = await ownSocketParent(testEngine);
        await ensureTestImage(engine);
        const options = {
          image: testImage,
          runtime,
          args: ['/bin/sleep', '60'],
          user: '1000:1000',
          tmpfs: [{ path: '/data' }],
          ulimits: [{ name: 'nofile', soft: 1024, hard: 2048 }],
          socketDirectory: parent.path,
          override: 'refused' as const,
        };
        // Judged on the engine itself: its process is not behind the socket of a proxy.
        await using direct = await connectEngine({ socketPath: socket });
        const plan = await planLaunch(direct, options);
        proxy.fault = ({ method, target }): Fault =>
          method === 'GET' && /\/containers\/[^/]+\/json$/.test(target)
            ? { kind: 'edit', edit: (answer) => edit(answer as Json) }
            : { kind: 'none' };
        const labels = { [label]: parent.path };
        try {
          const runner = await createContainerRunner({ engine, ...plan, options, labels, environment: {} });
          proxy.fault = { kind: 'none' };
          await runner[Symbol.asyncDispose]();
          return undefined;
        } catch (error) {
          return error;
        } finally {
          assert.deepEqual(await leftOf(direct, parent.path), []);
        }
      };

      it('lets a container pass that is what was asked for', limits, async () => {
        assert.equal(await attempt((answer) => answer), undefined);
      });

      it(
        'refuses one with everything of the review at once, names each, and removes it unstarted',
        limits,
        async () => {
          const mine = tamperings.filter(({ only }) => only === undefined || only === testEngine.kind);
          const error = await attempt((answer) =>
            mine.reduce<Json>(
              (changed, { config, host, top }) => ({
                ...changed,
                ...top,
                ...(top?.['Mounts'] !== undefined && {
                  Mounts: [...(answer['Mounts'] as unknown[]), volume],
                }),
                Config: { ...(changed['Config'] as Json), ...config },
                HostConfig: { ...(changed['HostConfig'] as Json), ...host },
              }),
              answer,
            ),
          );
          assert.ok(error instanceof AttestationError, String(error));
          const named = new Set(error.differences.map(({ setting }) => setting));
          assert.deepEqual(
            mine.filter(({ setting }) => !named.has(setting)).map(({ title }) => title),
            [],
          );
        },
      );
    });
  }
}

async function leftOf(engine: Engine, parent: string): Promise<string[]> {
  const containers = await engine.containers.list({ all: true, filters: { label: [`${label}=${parent}`] } });
  return containers.map(({ id }) => id);
}
