/** What is seen of SELinux on a host, and what follows for a launch there. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  factsFile,
  judge,
  known,
  parseFacts,
  unknown,
  valueOf,
  type LaunchFacts,
  type LaunchRequirements,
  type PolicyDenial,
  type SelinuxFacts,
} from '../../src/compatibility/index.ts';
import { executedFile } from '../../src/compatibility/gather/runtimes.ts';
import { gatherSelinux, type SelinuxPlaces } from '../../src/compatibility/gather/selinux.ts';
import { systemdDenial } from '../../src/compatibility/gather/systemd-denial.ts';
import type { AskPolicy } from '../../src/linux/selinux-policy.ts';
import {
  docker,
  fact,
  facts,
  host,
  image,
  podman,
  program,
  rootlessDocker,
  rulesOf,
  strategyOf,
} from './made-facts.ts';

const contexts = {
  own: 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023',
  process: 'system_u:system_r:container_t:s0',
  file: 'system_u:object_r:container_file_t:s0',
};

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** Folders that stand for the kernel's and for /etc/selinux. */
async function places(files: Readonly<Record<string, string>>, ask?: AskPolicy): Promise<SelinuxPlaces> {
  const root = await mkdtemp(join(tmpdir(), 'selinux-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return {
    folder: join(root, 'selinuxfs'),
    configuration: join(root, 'etc'),
    containers: join(root, 'contexts'),
    current: join(root, 'current'),
    ask,
  };
}

const enforcing = {
  'selinuxfs/enforce': '1',
  current: `${contexts.own}\0`,
  'etc/config': '# a comment\nSELINUX=enforcing\nSELINUXTYPE=default\n',
  'etc/default/contexts/lxc_contexts': `process = "${contexts.process}"\nfile = "${contexts.file}"\n`,
};

const allowsAll: AskPolicy = () => Promise.resolve([]);

describe('the facts of SELinux', () => {
  it('are those of a host without it', async () => {
    const { mode, denied } = await gatherSelinux(await places({ current: 'docker-default (enforce)\n' }));
    assert.deepEqual([valueOf(mode), valueOf(denied)], ['off', []]);
  });

  it('are mode, own context, the contexts of containers, and what the policy denies', async () => {
    const found = await gatherSelinux(await places(enforcing, allowsAll));
    assert.deepEqual(
      [found.mode, found.context, found.containers, found.denied].map((each) => valueOf<unknown>(each)),
      ['enforcing', contexts.own, { process: contexts.process, file: contexts.file }, []],
    );
    const permissive = await places({ ...enforcing, 'selinuxfs/enforce': '0' }, allowsAll);
    assert.equal(valueOf((await gatherSelinux(permissive)).mode), 'permissive');
  });

  it('take the contexts that a newer package of the policy has before those of the policy', async () => {
    const process = 'system_u:system_r:other_t:s0';
    const newer = { ...enforcing, contexts: `process = "${process}"\nfile = "${contexts.file}"\n` };
    const { containers } = await gatherSelinux(await places(newer, allowsAll));
    assert.equal(valueOf(containers)?.process, process);
  });

  it('are unknown in a container, which has a context and sees no selinuxfs', async () => {
    const { mode } = await gatherSelinux(await places({ current: 'system_u:system_r:container_t:s0:c1,c2' }));
    assert.ok('unknown' in mode);
  });

  it('are unknown where the policy can not be asked', async () => {
    const silent: AskPolicy = () => Promise.reject(new Error('EACCES'));
    const { denied } = await gatherSelinux(await places(enforcing, silent));
    assert.deepEqual(denied, { unknown: "the policy can't be asked: EACCES" });
    const real = await gatherSelinux(await places(enforcing)); // there is no file `access`
    assert.ok('unknown' in real.denied);
  });

  it('name each denial as the audit log does, with categories of a container and the level of a connection', async () => {
    const asked: string[] = [];
    const ask: AskPolicy = ({ source, target, objectClass, permissions }) => {
      asked.push(`${source} ${target} ${objectClass}`);
      return Promise.resolve(target === contexts.own && objectClass === 'fifo_file' ? permissions : []);
    };
    const { denied } = await gatherSelinux(await places(enforcing, ask));
    const container = 'system_u:system_r:container_t:s0:c1,c2';
    assert.deepEqual(valueOf(denied), [
      {
        need: 'output',
        denial: `denied { write } scontext=${container} tcontext=${contexts.own} tclass=fifo_file`,
      },
    ]);
    // The plugin's end of a connection: at the lowest level of the host, since its sockets can be given one.
    assert.ok(asked.includes(`${container} system_u:system_r:container_t:s0 unix_stream_socket`));
  });

  it('ask what a container may write to of a Podman that is started, in the domain that the policy gives to it', async () => {
    const started = 'unconfined_u:system_r:container_runtime_t:s0';
    const targets: string[] = [];
    const ask: AskPolicy = ({ target, objectClass }) => {
      if (objectClass === 'fifo_file') targets.push(target);
      return Promise.resolve([]);
    };
    const given = await places({ ...enforcing, 'bin/podman': '' }, ask);
    const programs = join(given.folder ?? '', '../bin');
    await chmod(join(programs, 'podman'), 0o755);
    const { startedPodman } = await gatherSelinux({
      ...given,
      programs,
      contextOf: () => Promise.resolve(fact('system_u:object_r:container_runtime_exec_t:s0')),
      executed: () => Promise.resolve(started),
    });
    assert.deepEqual([startedPodman && valueOf(startedPodman), targets], [started, [started]]);
  });

  it('judge a connection at the full range of a host that can not choose the level of its sockets', async () => {
    const ask: AskPolicy = ({ target, objectClass, permissions }) => {
      if (objectClass === 'process') return Promise.resolve(permissions);
      return Promise.resolve(target.endsWith('s0-s0:c0.c1023') ? ['read'] : []);
    };
    const { denied } = await gatherSelinux(await places(enforcing, ask));
    const needs = valueOf(denied)?.map(({ need }) => need);
    assert.ok(needs?.includes('call') && needs.includes('broker'), JSON.stringify(needs));
  });
});

describe('what SELinux denies a runtime at systemd', () => {
  const files = { 'proc/7/attr/current': 'a:b:dockerd_t:s0\0', 'proc/1/attr/current': 'a:b:init_t:s0\n' };
  const seen = async (given: Readonly<Record<string, string>>, ask: AskPolicy) => {
    const { folder = '' } = await places(given);
    return systemdDenial(7, '/usr/bin/runsc', {
      folder,
      proc: join(folder, '../proc'),
      ask,
      executed: (process, file) => Promise.resolve(`${process} runs ${file}`),
      contextOf: () => Promise.resolve(fact('a:b:bin_t:s0')),
    });
  };

  it('is asked of the domain in which the program runs when the engine starts it', async () => {
    const deniesStatus: AskPolicy = ({ permissions }) => Promise.resolve(permissions);
    assert.equal(
      valueOf(await seen(files, deniesStatus)),
      'denied { status } scontext=a:b:dockerd_t:s0 runs a:b:bin_t:s0 tcontext=a:b:init_t:s0 tclass=system',
    );
    assert.equal(valueOf(await seen(files, allowsAll)), '');
  });

  it('is asked of the script that Docker writes for a runtime with arguments, which has the label of its storage', () => {
    const info = { storageRoot: '/var/lib/docker' };
    const here = { folder: '/proc/7', program: '/proc/7/root/usr/bin/runsc' };
    assert.equal(executedFile({ args: [] }, info, here), here.program);
    const script = executedFile({ args: ['--host-uds=all'] }, info, here);
    assert.equal(script, '/proc/7/root/var/lib/docker/runtimes');
  });

  it('is nothing without SELinux, and unknown where the policy can not be asked', async () => {
    const silent: AskPolicy = () => Promise.reject(new Error('EACCES'));
    assert.equal(valueOf(await seen({}, silent)), '');
    assert.deepEqual(await seen(files, silent), { unknown: "the policy can't be asked: EACCES" });
  });
});

function selinux(changes: Partial<SelinuxFacts> = {}): SelinuxFacts {
  return {
    mode: fact('enforcing'),
    context: fact(contexts.own),
    containers: fact({ process: contexts.process, file: contexts.file }),
    denied: fact([]),
    ...changes,
  };
}

function denies(need: PolicyDenial['need'], denial = 'denied { x }'): SelinuxFacts {
  return selinux({ denied: fact([{ need, denial }]) });
}

const labelling = { security: fact(['seccomp', 'selinux']) };
const runc = { runtime: 'runc' };
const runsc = { runtime: 'runsc' };

function launch(seen: SelinuxFacts | undefined, changes: Partial<LaunchFacts> = {}): LaunchFacts {
  return facts({
    engine: docker(labelling),
    ...changes,
    host: { ...(changes.host ?? host()), selinux: seen },
  });
}

function folder(changes: Partial<LaunchFacts['host']['socketFolder']>): LaunchFacts['host'] {
  const made = host();
  return { ...made, socketFolder: { ...made.socketFolder, ...changes } };
}

function notesOf(given: LaunchFacts, wishes: LaunchRequirements): string[] {
  const verdict = judge(given, wishes);
  assert.equal(verdict.status, 'works', JSON.stringify(verdict));
  return verdict.notes.map(({ rule }) => rule).filter((rule) => rule.startsWith('selinux'));
}

describe('a launch where SELinux enforces', () => {
  it('works with the label of the engine, a relabelled folder and labelled sockets', () => {
    for (const engine of [docker(labelling), podman('runc', labelling)]) {
      const { selinux: plan } = strategyOf(launch(selinux(), { engine }), runc);
      assert.deepEqual(plan, { label: 'own', relabel: true, labelSockets: true });
    }
  });

  it('has no label under gVisor, which is told', () => {
    const given = launch(selinux());
    assert.deepEqual(strategyOf(given, runsc).selinux, {
      label: 'disabled',
      relabel: false,
      labelSockets: false,
    });
    assert.deepEqual(notesOf(given, runsc), ['selinux-gvisor']);
    // What the policy denies to a label, or whether it can be asked, does not matter then.
    assert.deepEqual(notesOf(launch(denies('folder')), runsc), ['selinux-gvisor']);
    assert.deepEqual(notesOf(launch(undefined), runsc), ['selinux-gvisor']);
  });

  it('is refused under gVisor where the policy keeps runsc from asking systemd for a cgroup', () => {
    const denied = (denial: string) => {
      const { runtimes } = docker();
      assert.ok(runtimes['runsc']);
      const sandbox = { ...runtimes['runsc'], systemdDenial: fact(denial) };
      return docker({ ...labelling, runtimes: { ...runtimes, runsc: sandbox } });
    };
    const denial = 'denied { status } scontext=a:b:spc_t:s0 tcontext=a:b:init_t:s0 tclass=system';
    const verdict = judge(launch(selinux(), { engine: denied(denial) }), runsc);
    assert.equal(verdict.status, 'refused');
    assert.ok(verdict.reasons[0]?.observed.includes(denial));
    assert.match(verdict.reasons[0]?.remedy ?? '', /cgroupdriver=cgroupfs.*audit2allow/);
    strategyOf(launch(selinux(), { engine: denied('') }), runsc);
    strategyOf(launch(selinux({ mode: fact('permissive') }), { engine: denied(denial) }), runsc);
    strategyOf(launch(selinux(), { engine: denied(denial) }), runc);
  });

  it('relabels nothing in a folder that has the label already', () => {
    const labelled = folder({ context: fact('unconfined_u:object_r:container_file_t:s0') });
    assert.equal(strategyOf(launch(selinux(), { host: labelled }), runc).selinux?.relabel, false);
    const cantRelabel = { ...labelled, socketFolder: { ...labelled.socketFolder, canRelabel: fact(false) } };
    assert.equal(strategyOf(launch(selinux(), { host: cantRelabel }), runc).selinux?.relabel, false);
  });

  it('is refused in a folder that has another label, and can not be given one', () => {
    const context = fact('system_u:object_r:nfs_t:s0');
    const mounted = folder({ context, canRelabel: fact(false) });
    assert.deepEqual(rulesOf(launch(selinux(), { host: mounted }), runc), ['selinux-folder']);
    const colon = folder({ path: '/run/a:b', context, canRelabel: fact(true) });
    assert.deepEqual(rulesOf(launch(selinux(), { host: colon }), runc), ['selinux-folder']);
    const engine = podman('runc', labelling);
    assert.equal(strategyOf(launch(selinux(), { host: colon, engine }), runc).selinux?.relabel, true);
  });

  it('is refused by what the policy denies, with the record of the audit log and a remedy that lasts', () => {
    const refused = (need: PolicyDenial['need']) => {
      const verdict = judge(launch(denies(need, `denied { ${need} }`)), runc);
      assert.equal(verdict.status, 'refused', need);
      const [reason] = verdict.reasons;
      assert.match(reason?.observed ?? '', new RegExp(`denied \\{ ${need} \\}`));
      return reason;
    };
    assert.equal(refused('call')?.rule, 'selinux-call');
    const byFolder = refused('folder');
    assert.equal(byFolder?.rule, 'selinux-folder');
    assert.match(byFolder.remedy, /semanage fcontext -a -t container_file_t '\/run\/plugins\(\/\.\*\)\?'/);
  });

  it('multiplexes the broker where sockets can not be labelled, if the plugin is known to be able to', () => {
    const given = launch(denies('broker'));
    assert.deepEqual(notesOf(given, runc), ['selinux-broker']);
    const strategy = strategyOf(given, runc);
    assert.deepEqual([strategy.brokerMultiplex, strategy.selinux?.labelSockets], [true, false]);
    assert.equal(strategyOf(given, { ...runc, brokerMultiplex: true }).brokerMultiplex, undefined);
    const old = image({ program: fact(program({ go: { goVersion: 'go1.20', goPlugin: 'v1.5.2' } })) });
    const verdict = judge({ ...given, image: old }, runc);
    assert.equal(verdict.status, 'refused');
    assert.match(verdict.reasons[0]?.remedy ?? '', /brokerMultiplex/);
    assert.deepEqual(rulesOf(given, { ...runc, brokerMultiplex: false }), ['selinux-broker']);
  });

  it('on a rootless engine depends on the domain in which the engine runs', () => {
    const rootless = (context: string | undefined) =>
      podman('runc', {
        ...labelling,
        rootless: true,
        idMaps: rootlessDocker().idMaps,
        ...(context !== undefined && { context: fact(context) }),
      });
    const given = launch(denies('output'), { engine: rootless(contexts.own) });
    assert.deepEqual(rulesOf(given, runc), ['selinux-output']);
    const confined = rootless('system_u:system_r:container_runtime_t:s0');
    assert.deepEqual(notesOf(launch(denies('output'), { engine: confined }), runc), []);
    assert.deepEqual(rulesOf(launch(denies('output'), { engine: rootless(undefined) }), runc, 'unknown'), [
      'selinux-output',
    ]);
    assert.deepEqual(notesOf(launch(denies('output')), runc), []); // a rootful engine has a domain of its own
  });

  it('is refused on a Podman that this process starts in its own domain, and not on that of systemd', () => {
    const seen = denies('output', 'denied { write } tclass=fifo_file');
    const system = podman('crun', { ...labelling, context: fact('system_u:system_r:podman_t:s0') });
    strategyOf(launch(seen, { engine: system }), { runtime: 'crun' });
    const given = { ...host(), podmanRuntimes: fact(['crun', 'runc']) };
    const verdict = judge(launch(seen, { engine: system, host: given }), runc);
    assert.equal(verdict.status, 'refused');
    assert.equal(verdict.reasons[0]?.rule, 'selinux-output');
    assert.match(verdict.reasons[0].remedy, /systemd-run podman --runtime runc system service/);
    const started = podman('runc', { ...labelling, context: fact(contexts.own) });
    assert.deepEqual(rulesOf(launch(seen, { engine: started }), runc), ['selinux-output']);
    // A policy that has a domain for Podman gives it to the one that is started too.
    const other = { ...seen, startedPodman: fact('unconfined_u:system_r:container_runtime_t:s0') };
    strategyOf(launch(other, { engine: started }), runc);
  });

  it('with mlock lifts the limit where the policy denies IPC_LOCK, and is refused where the engine may not', () => {
    const denied = denies('lock', 'denied { ipc_lock } tclass=capability');
    const mlock = { ...runc, mlock: true };
    const limit = { soft: 65536, hard: 65536 };
    const of = (mayRaise: boolean) => ({ ...labelling, memlock: fact({ ...limit, mayRaise }) });
    const lifted = (engine: LaunchFacts['engine'], seen = denied) => {
      const { capabilities, ulimits } = strategyOf(
        launch(seen, { engine, image: image({ user: '0' }) }),
        mlock,
      );
      return { capabilities, bytes: ulimits.map(({ hard }) => hard) };
    };
    assert.deepEqual(lifted(docker(of(true))), { capabilities: [], bytes: [-1] });
    // Podman 5.8 lowers -1 to its own limit.
    assert.deepEqual(lifted(podman('runc', of(true))), { capabilities: [], bytes: [2 ** 40] });
    const capability = { capabilities: ['IPC_LOCK'], bytes: [] };
    assert.deepEqual(lifted(docker(of(true)), selinux()), capability);
    assert.deepEqual(lifted(docker(of(false)), selinux()), capability);

    const verdict = judge(launch(denied, { engine: docker(of(false)), image: image({ user: '0' }) }), mlock);
    assert.equal(verdict.status, 'refused');
    assert.deepEqual(
      verdict.reasons.map(({ rule }) => rule),
      ['selinux-mlock'],
    );
    assert.match(verdict.reasons[0]?.observed ?? '', /ipc_lock.*may not lift its limit/);
    const silent = docker({ ...labelling, memlock: unknown('no process') });
    assert.deepEqual(
      rulesOf(launch(denied, { engine: silent, image: image({ user: '0' }) }), mlock, 'unknown'),
      ['selinux-mlock'],
    );
    strategyOf(launch(denied, { engine: docker(of(false)) }), { ...runsc, mlock: true }); // gVisor has a limit of its own
  });

  it('tells of an engine that labels nothing', () => {
    assert.deepEqual(notesOf(launch(selinux(), { engine: docker() }), runc), ['selinux-unlabelled']);
    assert.equal(strategyOf(launch(selinux(), { engine: docker() }), runc).selinux, undefined);
  });
});

describe('a launch on a host with SELinux', () => {
  it('works where it is permissive, with a note, whatever the policy says', () => {
    const permissive = { ...denies('folder'), mode: fact('permissive' as const) };
    assert.deepEqual(notesOf(launch(permissive), runc), ['selinux-label']);
  });

  it('is unknown only where the host can not be asked', () => {
    const cases: readonly (SelinuxFacts | undefined)[] = [
      undefined,
      selinux({ mode: unknown('in a container') }),
      selinux({ mode: fact('off') }),
      selinux({ denied: unknown('EACCES') }),
    ];
    for (const seen of cases) {
      const verdict = judge(launch(seen), runc);
      assert.equal(verdict.status, 'unknown');
      assert.deepEqual(
        verdict.reasons.map(({ rule }) => rule),
        ['selinux-label'],
      );
      assert.equal(verdict.attempt.selinux?.labelSockets, false);
    }
  });

  it('has facts that are read from files as they were written', () => {
    const { host: given, engine } = launch(denies('call'), {
      host: folder({ context: fact('a:b:c:s0'), canRelabel: fact(true) }),
      engine: docker({ ...labelling, context: known('system_u:system_r:container_runtime_t:s0', 'proc') }),
    });
    const matrix = { host: given, engines: [engine] };
    assert.deepEqual(parseFacts(JSON.stringify(factsFile(matrix))), { ...matrix, image: undefined });
  });
});
