/** What is told of a container that failed, and when which hint is given. Engine, socket folder and audit log are made up. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { diagnoseContainer, hintForFailedCall } from '../../src/container/diagnose.ts';
import type { Engine, InspectedContainer } from '../../src/engine/index.ts';
import type { Diagnosis, PluginExit } from '../../src/goplugin/index.ts';
import { withRedirectedFiles } from './redirected-files.ts';

const id = '0123456789ab'.padEnd(64, 'c');
const label = 'system_u:system_r:container_t:s0:c12,c34';
const host = 'unconfined_u:unconfined_r:unconfined_t:s0';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diagnosis-'));
  await mkdir(join(folder, 'empty'));
  await mkdir(join(folder, 'sockets'));
  await writeFile(join(folder, 'sockets', 'plugin1'), '');
  await writeFile(join(folder, 'enforcing'), '1\n');
  await writeFile(join(folder, 'permissive'), '0\n');
  const denied = 'avc:  denied  { connectto } for  pid=7 comm="x"';
  await writeFile(
    join(folder, 'log'),
    `type=AVC msg=audit(1764489200.123:45): ${denied} scontext=${label} tcontext=${host} tclass=unix_stream_socket permissive=0\n`,
  );
});
after(async () => {
  await rm(folder, { recursive: true });
});

interface Case {
  readonly kind?: 'docker' | 'podman';
  readonly rootless?: boolean;
  readonly runtime?: string;
  readonly gvisor?: boolean;
  /** `null` where the engine does not tell of the container. */
  readonly container?: object | null;
  readonly state?: object;
  readonly exit?: Partial<PluginExit> | undefined;
  readonly stderr?: string;
  readonly stdout?: string;
  readonly hasSocket?: boolean;
  /** Whether SELinux enforces and the container has a label. */
  readonly selinux?: boolean;
  readonly hasLog?: boolean;
}

const running = { status: 'running', running: true, exitCode: 0 };

function containerOf({ container = {}, state, selinux }: Case): InspectedContainer {
  return {
    config: { user: '1000', entrypoint: ['/p'], cmd: [] },
    state: { status: 'exited', running: false, exitCode: 1, error: '', oomKilled: false, ...state },
    ...{ memoryBytes: 0, processLabel: selinux === true ? label : '', apparmorProfile: '' },
    createdAt: new Date(1_764_489_100_000),
    ...container,
  } as unknown as InspectedContainer;
}

function partsOf(of: Case) {
  const {
    kind = 'docker',
    rootless = false,
    runtime = 'runc',
    gvisor = false,
    stderr = '',
    stdout = '',
  } = of;
  const inspect = (_: string, { signal }: { signal: AbortSignal }) =>
    of.container === null || signal.aborted
      ? Promise.reject(new Error('it does not answer'))
      : Promise.resolve(containerOf(of));
  return {
    engine: { kind, version: '27.1', rootless, containers: { inspect } } as unknown as Engine,
    id,
    strategy: { runtime, proveGvisor: gvisor, capabilities: [] } as never,
    pluginFolder: join(folder, of.hasSocket === true ? 'sockets' : 'empty'),
    exit: of.exit && { code: 1, ...of.exit },
    stderr,
    stdout,
  };
}

/** Does the work on a host that is as the case says. */
async function onHost<T>({ selinux = false, hasLog = false }: Case, work: () => Promise<T>): Promise<T> {
  const places: Readonly<Record<string, string>> = {
    '/sys/fs/selinux/enforce': join(folder, selinux ? 'enforcing' : 'permissive'),
    '/var/log/audit/audit.log': join(folder, hasLog ? 'log' : 'none'),
  };
  const results: T[] = [];
  await withRedirectedFiles(
    (path) => places[path] ?? path,
    async () => {
      results.push(await work());
    },
  );
  return results[0] as T;
}

const diagnosis = (of: Case): Promise<Diagnosis> => onHost(of, () => diagnoseContainer(partsOf(of)));
const hintOf = async (of: Case): Promise<string | undefined> => (await diagnosis(of)).hint;
const hintOfCall = (words: string, of: Case): Promise<string | undefined> =>
  onHost(of, () => hintForFailedCall(words, partsOf(of)));

async function factsOf(of: Case): Promise<string[]> {
  const { facts } = await diagnosis(of);
  return facts.map(({ name, value }) => `${name}: ${value}`);
}

const unreachable = 'dial tcp 192.0.2.1:5432: connect: network is unreachable';
/** A plugin that ends because of it logs it as an error; one that goes on has no more than a warning. */
const warning = JSON.stringify({ '@level': 'warn', '@message': unreachable });
const socketDenied = 'listen unix /run/bulkhead/plugin1: bind: permission denied';

describe('the facts of a container that failed', () => {
  it('name engine, program, state and what confines it, and no argument, which may be secret', async () => {
    const ended: Case = {
      ...({ kind: 'podman', rootless: true, runtime: 'crun', selinux: true, hasLog: true } as const),
      container: {
        config: { user: '', entrypoint: ['/p'], cmd: ['--token=secret'] },
        apparmorProfile: 'containers-default',
      },
      state: { exitCode: 3, oomKilled: true, error: 'bad' },
    };
    assert.deepEqual(await factsOf(ended), [
      'engine: podman 27.1 (rootless)',
      'container: 0123456789ab',
      'runtime: crun',
      'user: root',
      'command: /p and 1 argument',
      `SELinux label: ${label}`,
      'AppArmor profile: containers-default',
      'status: exited',
      'exit code: 3',
      'out of memory: yes',
      'engine error: bad',
      'sockets: none',
      `SELinux: denied { connectto } scontext=${label} tcontext=${host} tclass=unix_stream_socket`,
    ]);
  });

  it('leave out what there is not', async () => {
    const facts = ['engine: docker 27.1 (rootful)', 'container: 0123456789ab', 'runtime: runc'];
    assert.deepEqual(await factsOf({ state: running, hasSocket: true }), [
      ...facts,
      ...['user: 1000', 'command: /p', 'status: running', 'sockets: plugin1'],
    ]);
    assert.deepEqual(await factsOf({ container: null }), [...facts, 'sockets: none']);
  });

  it('count the arguments', async () => {
    const command = async (entrypoint: readonly string[], cmd: readonly string[]) =>
      (await factsOf({ container: { config: { user: '', entrypoint, cmd } } })).find((fact) =>
        fact.startsWith('command'),
      );
    assert.equal(await command(['/p', 'a'], ['b']), 'command: /p and 2 arguments');
    assert.equal(await command([], []), 'command: none');
  });

  it('are waited for no longer than two seconds', async (t) => {
    const limits: number[] = [];
    t.mock.method(AbortSignal, 'timeout', (ms: number) => {
      limits.push(ms);
      return AbortSignal.abort();
    });
    assert.equal((await factsOf({})).length, 4);
    assert.equal(await hintOfCall('x', {}), undefined);
    assert.deepEqual(limits, [2_000, 2_000]);
  });
});

describe('the hint for a container that failed', () => {
  it('is what its output is known for', async () => {
    assert.match((await hintOf({ stderr: 'exec /p: exec format error' })) ?? '', /architecture/);
  });

  it('is what its container denies, by its stderr, or by its stdout where there is nothing else', async () => {
    const exit = {};
    assert.match((await hintOf({ exit, stderr: unreachable, stdout: '1|5|unix' })) ?? '', /no network/);
    assert.match((await hintOf({ exit, stderr: ' \n', stdout: unreachable })) ?? '', /no network/);
    assert.equal(await hintOf({ exit, stderr: 'oops', stdout: unreachable }), undefined);
  });

  it('believes a warning of a plugin that still tries, and none of one that has ended', async () => {
    assert.match((await hintOf({ state: running, stderr: warning })) ?? '', /no network/);
    assert.equal(await hintOf({ exit: {}, stderr: warning }), undefined);
  });

  it('is that runsc keeps the socket where that can be, and not elsewhere', async () => {
    const kept = { runtime: 'runsc', state: running, stdout: '1|5|unix|/run/bulkhead/plugin1' } as const;
    assert.match((await hintOf(kept)) ?? '', /--host-uds=all/);
    for (const other of [
      { state: {}, exit: {} },
      { stdout: '' },
      { hasSocket: true },
      { runtime: 'runc' },
      { container: null },
    ])
      assert.equal(await hintOf({ ...kept, ...other }), undefined, JSON.stringify(other));
  });

  it('is that the sandbox may have died where that can be, and not elsewhere', async () => {
    const died = { runtime: 'runsc', exit: { code: 2 } } as const;
    assert.match((await hintOf(died)) ?? '', /sandbox itself may have died/);
    for (const other of [{ exit: { code: 1 } }, { exit: undefined }, { runtime: 'runc' }, { stderr: 'oops' }])
      assert.equal(await hintOf({ ...died, ...other }), undefined, JSON.stringify(other));
  });
});

describe('the hint that a plugin was out of memory', () => {
  const memoryBytes = 1_000;
  const oom = { exit: { code: 137, oomKilled: true } } as const;

  it('names the limit where it is known', async () => {
    assert.match((await hintOf({ ...oom, container: { memoryBytes } })) ?? '', /limit of 1000 bytes: raise/);
    assert.match((await hintOf(oom)) ?? '', /was killed for reaching its memory limit: raise/);
    assert.match((await hintOf({ ...oom, container: null })) ?? '', /reaching its memory limit: raise/);
  });

  it('is given as possible where the engine does not say, be the limit ever so small', async () => {
    const killed = { exit: { code: 137 } } as const;
    for (const engine of [{ kind: 'podman' }, { gvisor: true }] as const)
      for (const bytes of [1, memoryBytes]) {
        const hint = await hintOf({ ...killed, ...engine, container: { memoryBytes: bytes } });
        assert.match(hint ?? '', new RegExp(`perhaps for .* of ${bytes} bytes`));
      }
    assert.equal(await hintOf({ ...killed, container: { memoryBytes } }), undefined);
    assert.equal(await hintOf({ ...killed, kind: 'podman' }), undefined);
    assert.equal(await hintOf({ exit: {}, kind: 'podman', container: { memoryBytes } }), undefined);
  });
});

describe('the hint where SELinux enforces', () => {
  const selinux = { selinux: true } as const;

  it('is the denial that the audit log has, for a plugin that may not use its socket', async () => {
    const logged = await hintOf({ ...selinux, hasLog: true, exit: {}, stderr: socketDenied });
    assert.match(logged ?? '', /SELinux denied it \(audit log: denied \{ connectto \}/);
    const unknown = await hintOf({ ...selinux, exit: {}, stderr: socketDenied });
    assert.match(unknown ?? '', /on a sock_file or unix_stream_socket/);
  });

  it('is another where the output tells another cause', async () => {
    const known = await hintOf({ ...selinux, exit: {}, stderr: 'exec /p: exec format error' });
    assert.match(known ?? '', /architecture/);
    assert.equal(await hintOf({ ...selinux, exit: {}, stderr: 'oops' }), undefined);
  });

  it('is what a plugin misses that runs, with and without a socket, and one that ended without a word', async () => {
    const silent = /add_name \} on a dir/;
    const line = { stdout: '1|5|unix|/run/bulkhead/plugin1' } as const;
    assert.match((await hintOf({ ...selinux, ...line, state: running })) ?? '', silent);
    const unanswered = await hintOf({ ...selinux, ...line, state: running, hasSocket: true });
    assert.match(unanswered ?? '', /\{ connectto \}, \{ read \} or \{ write \} on a unix_stream_socket/);
    assert.match((await hintOf({ ...selinux, exit: {}, stderr: ' \n' })) ?? '', silent);
    assert.equal(await hintOf({ exit: {} }), undefined);
  });
});

describe('the hint for a call that failed', () => {
  it('is memory first, then SELinux, then what the words tell', async () => {
    const oom = { selinux: true, exit: { code: 137, oomKilled: true } } as const;
    assert.match((await hintOfCall(socketDenied, oom)) ?? '', /was killed for reaching its memory limit/);
    assert.match((await hintOfCall(socketDenied, { selinux: true })) ?? '', /SELinux may deny it/);
    assert.match((await hintOfCall(unreachable, { selinux: true })) ?? '', /no network/);
    assert.match((await hintOfCall(unreachable, {})) ?? '', /no network/);
  });

  it('believes a warning of a plugin that lives, and none of one that has ended', async () => {
    assert.match((await hintOfCall(warning, { state: running })) ?? '', /no network/);
    assert.equal(await hintOfCall(warning, { exit: {} }), undefined);
  });
});
