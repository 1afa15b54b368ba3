/** What each rule observes, and what one step away it does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  judge,
  known,
  unknown,
  type LaunchFacts,
  type LaunchRequirements,
} from '../../src/compatibility/index.ts';
import { passingGid } from '../../src/compatibility/strategy-socket.ts';
import { rules } from '../../src/compatibility/rules/rules.ts';
import { bytesBelow } from '../../src/linux/socket-depth.ts';
import {
  docker,
  fact,
  facts,
  host,
  image,
  podman,
  program,
  rootlessDocker,
  runtime,
  strategyOf,
  user,
} from './made-facts.ts';

const unseen = unknown('nobody looked');
const runc = { runtime: 'runc' };
const crun = { runtime: 'crun' };
const runsc = { runtime: 'runsc' };

/** What a rule observes of a launch, after the way in which it ends; `undefined` where the rule has nothing to say. */
function told(rule: string, given: Partial<LaunchFacts>, wishes: LaunchRequirements = runc) {
  const verdict = judge(facts(given), wishes);
  const reasons = 'reasons' in verdict ? verdict.reasons : [];
  const reason = reasons.find((each) => each.rule === rule);
  if (reason !== undefined) return `${verdict.status}: ${reason.observed}. ${reason.remedy}`;
  const note = verdict.notes.find((each) => each.rule === rule);
  return note === undefined ? undefined : `note: ${note.observed}. ${note.remedy}`;
}

type Told = string | RegExp | undefined;

function check(rule: string, cases: readonly (readonly [Partial<LaunchFacts>, LaunchRequirements, Told])[]) {
  for (const [index, [given, wishes, expected]] of cases.entries()) {
    const found = told(rule, given, wishes);
    const name = `case ${index} of ${rule}: ${found ?? 'nothing'}`;
    if (expected === undefined) assert.equal(found, undefined, name);
    else
      assert.match(found ?? 'nothing', typeof expected === 'string' ? new RegExp(expected) : expected, name);
  }
}

describe('rules about the machine', () => {
  it('want Linux on both sides', () => {
    check('linux-only', [
      [{ host: host({ platform: fact('darwin') }) }, runc, '^refused: this host is darwin'],
      [{ host: host({ platform: unseen }) }, runc, '^refused: this host is of an unknown kind'],
      [{ image: image({ os: 'windows' }) }, runc, '^refused: the image is for windows'],
      [{ image: image({ os: '' }) }, runc, undefined],
      [{}, runc, undefined],
    ]);
    check('local-engine', [
      [
        { engine: docker({ sameKernel: fact(false) }) },
        runc,
        '^refused: the engine runs under another kernel',
      ],
      [{ engine: docker({ sameKernel: unseen }) }, runc, '^unknown: whether the engine runs under'],
    ]);
  });

  it('want a rootless engine where that is asked for, and one that this user may use', () => {
    check('rootless-engine', [
      [{}, { ...runc, rootless: true }, '^refused: docker at /run/docker.sock is rootful'],
      [{}, { ...runc, rootless: false }, undefined],
      [{ engine: rootlessDocker(), host: user() }, { ...runc, rootless: true }, undefined],
    ]);
    const other = { host: user(1002), engine: rootlessDocker() };
    check('rootless-owner', [
      [
        other,
        runc,
        /^refused: the rootless engine runs as uid 1001 \(made for a test\), this process as uid 1002\./,
      ],
      [{ ...other, host: host({ uid: unseen }) }, runc, 'this process as uid unknown'],
      [{ ...other, host: user(1001) }, runc, undefined],
      [{ ...other, host: host() }, runc, undefined],
      [
        { ...other, engine: rootlessDocker({ owner: unseen }) },
        runc,
        '^unknown: who runs the rootless engine',
      ],
      [{ host: user(1002) }, runc, undefined],
    ]);
  });
});

describe('rules about the runtime', () => {
  const youki = { runtime: 'youki' };
  it('want one that the engine has, whose program is there', () => {
    const podmanWith = (kind: 'runc' | 'other') => podman('runc', { runtimes: { youki: runtime(kind) } });
    const other = docker({ runtimes: { youki: { ...runtime('other'), path: fact('/usr/bin/youki') } } });
    check('runtime-present', [
      [{}, youki, '^refused: the engine has no runtime youki; it has runc, crun, runsc. Add youki'],
      [{ engine: docker({ runtimes: {} }) }, youki, 'it has none'],
      [{ engine: other }, youki, '^note: nothing was measured with youki'],
      [{ engine: podmanWith('other') }, youki, '^note: nothing was measured with youki'],
      [{ engine: podmanWith('runc') }, youki, undefined],
      [{}, runc, undefined],
    ]);
    const missing = docker({ runtimes: { runc: { ...runtime('runc'), installed: fact(false) } } });
    const notSeen = docker({ runtimes: { runc: { ...runtime('runc'), installed: unseen } } });
    check('runtime-installed', [
      [
        { engine: missing },
        runc,
        /^refused: the program of runc is not there \(made for a test\)\. Install runc/,
      ],
      [{ engine: notSeen }, runc, undefined],
      [{}, youki, undefined],
    ]);
  });

  it('refuse virtual machines, by the name or the path of the program', () => {
    const named = (name: string, path: string | undefined) => ({
      engine: docker({
        runtimes: { [name]: { ...runtime('other'), path: path === undefined ? unseen : fact(path) } },
      }),
    });
    check('runtime-virtual-machine', [
      [named('kata', undefined), { runtime: 'kata' }, '^refused: kata runs each container'],
      [named('x', '/opt/kata/bin/containerd-shim-kata-v2'), { runtime: 'x' }, 'containerd-shim-kata-v2 runs'],
      [named('x', '/usr/bin/krun'), { runtime: 'x' }, '^refused: /usr/bin/krun runs'],
      [named('katamaran', '/usr/bin/katamaran'), { runtime: 'katamaran' }, undefined],
      [named('youki', undefined), youki, undefined],
    ]);
  });

  it('want a Podman service that runs it', () => {
    const able = host({ podmanRuntimes: fact(['runc']) });
    check('podman-runtime', [
      [{ engine: podman('crun') }, runc, "^refused: this Podman service runs crun only, and Bulkhead can't"],
      [{ engine: podman('crun'), host: able }, runc, '^note: this service runs crun only: Bulkhead starts'],
      [{ engine: podman('runc'), host: able }, runc, undefined],
      [{}, youki, undefined],
    ]);
  });

  it('know what crun needs of cgroups and of Podman', () => {
    const layout = (value: 'hybrid' | 'v1' | 'v2' | undefined, kind = docker) => {
      const cgroup = { version: '1', driver: 'cgroupfs', layout: value === undefined ? unseen : fact(value) };
      return { engine: kind({ cgroup: cgroup as never }) };
    };
    check('crun-hybrid-cgroups', [
      [layout('hybrid'), crun, /^refused: the engine sees both versions of cgroups \(made for a test\)/],
      [layout('hybrid'), runc, undefined],
      [layout('v1'), crun, undefined],
      [layout(undefined), crun, "^unknown: the engine's view of cgroups"],
    ]);
    const withCrun = (version: string | undefined, engineVersion: string) => ({
      engine: podman('crun', {
        version: engineVersion,
        runtimes: {
          crun: { ...runtime('crun'), version: version === undefined ? unseen : fact(version) },
        },
      }),
    });
    const own = {
      engine: podman('runc', { version: '5.8' }),
      host: host({ podmanRuntimes: fact(['crun']) }),
    };
    check('crun-version', [
      [withCrun('1.14.2', '5.8'), crun, '^refused: crun is 1.14.2'],
      [withCrun('1.14.2', '5.8.1'), crun, '^refused'],
      [withCrun('1.14.3', '5.8'), crun, undefined],
      [withCrun('1.14.2', '5.7.9'), crun, undefined],
      [withCrun(undefined, '5.8'), crun, undefined],
      [{ engine: docker({ version: '28.5' }) }, crun, undefined],
      [own, crun, undefined],
    ]);
    // A service of our own is asked for what it can do.
    check('crun-hybrid-cgroups', [
      [{ ...own, engine: { ...layout('hybrid', (more) => podman('runc', more)).engine } }, crun, undefined],
    ]);
  });

  const withArgs = (args: readonly string[], release = 'release-20221219.0', changes: object = {}) => ({
    engine: docker({
      apiVersion: '1.41',
      runtimes: { runsc: { ...runtime('runsc', args), version: fact(release) } },
      ...changes,
    }),
  });
  const sound = ['--host-uds=all', '--network=none'];

  it('want gVisor to share sockets', () => {
    const rest = ['--network=none'];
    check('runsc-host-uds', [
      [withArgs(sound), runsc, undefined],
      [
        withArgs(rest),
        runsc,
        /^refused: runsc is run with --host-uds=none \(made for a test\).*July 2023 on with Docker 24/,
      ],
      [withArgs(['--fsgofer-host-uds', ...rest]), runsc, undefined],
      [withArgs(['--fsgofer-host-uds=false', ...rest]), runsc, 'host-uds=none'],
      [withArgs(['--host-uds=open', '--fsgofer-host-uds', ...rest]), runsc, 'host-uds=open'],
      [withArgs(rest, 'release-20240729.0', { apiVersion: '1.43' }), runsc, undefined],
      [withArgs(rest, 'release-20240729.0'), runsc, /^refused.*"runtimes"/],
      [
        { engine: podman('runsc', { runtimes: { runsc: { ...runtime('runsc', rest), version: unseen } } }) },
        runsc,
        /^refused: .*--runtime-flag=host-uds=all.* July 2023 on need nothing/,
      ],
      [
        {
          engine: docker({ apiVersion: '1.41', runtimes: { runsc: { ...runtime('runsc'), args: unseen } } }),
        },
        runsc,
        '^(refused|unknown): how runsc is run is not known',
      ],
      [{}, runc, undefined],
    ]);
  });

  it('want gVisor to leave cgroups alone where it can make none', () => {
    const two = (cpu: boolean | undefined, memory: boolean | undefined, version = '2') => ({
      cgroup: { version, driver: 'systemd', layout: fact('v2') },
      enforces: {
        cpu: cpu === undefined ? unseen : fact(cpu),
        memory: memory === undefined ? unseen : fact(memory),
        pids: fact(true),
      },
    });
    const rule = 'runsc-ignore-cgroups';
    const wrong = '^refused: runsc is run without --ignore-cgroups';
    const release = 'release-20240729.0';
    const rootless = (args: readonly string[]) => ({
      host: user(),
      engine: rootlessDocker({ runtimes: { runsc: runtime('runsc', args) } }),
    });
    check(rule, [
      [rootless(sound), runsc, wrong],
      [rootless([...sound, '--ignore-cgroups=false']), runsc, wrong],
      [rootless([...sound, '--ignore-cgroups']), runsc, undefined],
      [rootless([...sound, '-ignore-cgroups=true']), runsc, undefined],
      [withArgs(sound, release, two(true, true)), runsc, undefined],
      [withArgs(sound, release, two(false, true)), runsc, wrong],
      [withArgs(sound, release, two(true, false)), runsc, wrong],
      [withArgs(sound, release, two(undefined, undefined)), runsc, undefined],
      [withArgs(sound, release, two(false, false, '1')), runsc, undefined],
      [{ host: user(), engine: rootlessDocker() }, runc, undefined],
    ]);
  });

  it('want gVisor to have no network stack that its kernel forbids', () => {
    const on = (kernel: string | undefined, release: string) => ({
      ...withArgs(['--host-uds=all'], release),
      host: host({ kernel: kernel === undefined ? unseen : fact(kernel) }),
    });
    const old = 'release-20240729.0';
    check('runsc-network', [
      [
        on('6.12.3', old),
        runsc,
        /^refused: .*release 20240729 can't have one on this kernel \(6\.12\).*--network=none.*August 2024/,
      ],
      [on('6.18.0', old), runsc, '^refused: .*this kernel .6.18.'],
      [on('7.0.0', old), runsc, '^refused: .*this kernel .7.0.'],
      [on('6.9.1', old), runsc, undefined],
      [on('5.15.0', old), runsc, undefined],
      [on('6.10.0', old), runsc, 'which fails with some builds on this kernel'],
      [on('6.11.0', old), runsc, 'which fails with some builds'],
      [on(undefined, old), runsc, 'which fails with some builds'],
      [on('6.12.3', 'release-20240801.0'), runsc, undefined],
      [on('6.12.3', 'unknown'), runsc, 'which fails with some builds'],
      [on('6.9.1', 'unknown'), runsc, undefined],
      [{ ...on('6.12.3', old), ...withArgs(sound, old) }, runsc, undefined],
      [on('6.12.3', old), { ...runsc, network: 'bridge' }, '--network=host'],
      [{ host: host({ kernel: fact('6.12.3') }) }, runc, undefined],
    ]);
  });

  it('want gVisor to put nothing over the mounts', () => {
    const wrong = '^refused: runsc is run with an overlay over all mounts';
    check('runsc-overlay', [
      [withArgs([...sound, '--overlay']), runsc, wrong],
      [withArgs([...sound, '--overlay2=all:memory']), runsc, wrong],
      [withArgs([...sound, '--overlay=false']), runsc, undefined],
      [withArgs([...sound, '--overlay2=root:self']), runsc, undefined],
      [withArgs([...sound, '--overlay2=none:all:']), runsc, undefined],
      [withArgs(sound), runsc, undefined],
    ]);
  });
});

describe('rules about limits', () => {
  const enforces = (memory: boolean | undefined, cpu: boolean | undefined, pids: boolean | undefined) => {
    const of = (value: boolean | undefined) => (value === undefined ? unseen : fact(value));
    return { enforces: { memory: of(memory), cpu: of(cpu), pids: of(pids) } };
  };
  const all = { ...runc, memoryBytes: 1 << 30, cpuNanos: 1e9, pidsLimit: 100 };

  it('want those to be enforced that are asked for', () => {
    const rootful = 'use a rootful engine or one with cgroup version 2 and delegated controllers';
    const delegated = (more: object) =>
      rootlessDocker({ cgroup: { version: '2', driver: 'systemd', layout: fact('v2') }, ...more });
    check('limits-enforced', [
      [{ engine: docker(enforces(true, true, true)) }, all, undefined],
      [{ engine: docker(enforces(false, false, false)) }, runc, undefined],
      [{ engine: docker(enforces(false, false, false)) }, { ...runc, memoryBytes: 'unlimited' }, undefined],
      [
        { engine: docker(enforces(true, false, true)) },
        all,
        `^refused: this engine would take cpuNanos and not enforce it .made for a test.. Leave out memoryBytes, cpuNanos, pidsLimit, or ${rootful}`,
      ],
      [
        { engine: docker(enforces(false, false, true)) },
        all,
        'would take memoryBytes, cpuNanos and not enforce them',
      ],
      [
        { engine: docker(enforces(true, true, undefined)) },
        all,
        `^unknown: whether pidsLimit would be enforced is not known. Leave out .*, or ${rootful}`,
      ],
      [
        { engine: delegated(enforces(true, false, false)), host: user() },
        all,
        'have cpu, pids delegated: as root, write "Delegate=cpu cpuset io memory pids".*or use a rootful engine',
      ],
      [{ engine: delegated(enforces(true, undefined, true)), host: user() }, all, rootful],
      [{ engine: rootlessDocker(), host: user() }, all, rootful],
      [{ engine: delegated({ rootless: false, ...enforces(true, false, true) }) }, all, rootful],
    ]);
    const controllers = { ...enforces(true, true, true).enforces, cpu: known(false, 'no cpu') };
    const withoutOne = docker({ enforces: { ...controllers, pids: known(false, 'no pids') } });
    check('limits-enforced', [
      [{ engine: withoutOne }, all, 'cpuNanos, pidsLimit and not enforce them \\(no cpu\\)'],
      [{ engine: withoutOne }, { ...all, cpuNanos: undefined }, 'pidsLimit and not enforce it \\(no pids\\)'],
    ]);
    const ignoring = {
      runtimes: { runsc: runtime('runsc', ['--host-uds=all', '--network=none', '--ignore-cgroups']) },
    };
    const memory = { ...runsc, memoryBytes: 1 << 30 };
    check('limits-enforced', [
      [
        { engine: docker(ignoring) },
        memory,
        '^refused: runsc with --ignore-cgroups does not enforce memoryBytes. Leave out memoryBytes, or use crun or runc, or run runsc without',
      ],
      [
        { engine: rootlessDocker(ignoring), host: user() },
        memory,
        'or choose crun, runc or a rootful engine',
      ],
    ]);
  });

  it('tell of swap that is not counted', () => {
    const swap = (value: boolean | undefined, memory = true) => ({
      engine: docker({
        enforces: {
          memory: fact(memory),
          cpu: fact(true),
          pids: fact(true),
          swap: value === undefined ? unseen : fact(value),
        },
      }),
    });
    const memory = { ...runc, memoryBytes: 1 << 30 };
    check('swap-counted', [
      [swap(false), memory, '^note: this kernel does not count swap'],
      [swap(true), memory, undefined],
      [swap(undefined), memory, undefined],
      [swap(false), runc, undefined],
      [swap(false, false), memory, undefined],
      [{}, memory, undefined],
    ]);
  });

  it('know how much memory there must be, and how many CPUs there can be', () => {
    check('limits-in-range', [
      [
        {},
        { ...runc, memoryBytes: (6 << 20) - 1 },
        '^refused: memoryBytes is 6291455. Give at least 6291456',
      ],
      [{}, { ...runc, memoryBytes: 6 << 20 }, undefined],
      [{}, { ...runc, memoryBytes: 'unlimited' }, undefined],
      [
        {},
        { ...runc, cpuNanos: 4e9 + 1 },
        '^refused: cpuNanos is 4000000001; the host has 4 CPUs. Give at most 4000000000\\.',
      ],
      [{}, { ...runc, cpuNanos: 4e9 }, undefined],
      [{ engine: docker({ cpus: unseen }) }, { ...runc, cpuNanos: 4e9 + 1 }, undefined],
    ]);
    check('pids-limit-gvisor', [
      [{}, { ...runsc, pidsLimit: 100 }, '^refused: pidsLimit under runsc'],
      [{}, { ...runsc, pidsLimit: 'unlimited' }, undefined],
      [{}, { ...runc, pidsLimit: 100 }, undefined],
      [{}, runsc, undefined],
    ]);
  });

  it('know that an older Podman takes no limit of -1', () => {
    const limits = (soft: number, hard: number) => ({
      ...crun,
      ulimits: [
        { name: 'core', soft: 1, hard: 1 },
        { name: 'nofile', soft, hard },
      ],
    });
    const at = (version: string) => ({ engine: podman('crun', { version }) });
    check('ulimit-unlimited', [
      [at('5.7.1'), limits(5, -1), '^refused: Podman 5.7.1 takes no -1 for nofile\\.'],
      [at('5.7.1'), limits(-1, -1), 'for nofile\\.'],
      [at('5.7.1'), limits(5, 6), undefined],
      [at('5.7.1'), limits(-1, 5), 'for nofile\\.'],
      [at('5.8'), limits(-1, -1), undefined],
      [{ engine: docker({ version: '4.1.0' }) }, limits(-1, -1), undefined],
      [at('5.7.1'), crun, undefined],
      [{}, { ...limits(-1, -1), ...runc }, undefined],
    ]);
  });

  it('want a parent of cgroups as the engine names it', () => {
    const drive = (driver: 'systemd' | 'cgroupfs' | 'none', version: '1' | '2', kind = docker) => ({
      engine: kind({ cgroup: { version, driver, layout: fact(version === '1' ? 'v1' : 'v2') } }),
    });
    const parent = (cgroupParent: string, wishes = runc) => ({ ...wishes, cgroupParent });
    const asPodman = (more: object = {}) => podman('runc', more);
    const rule = 'cgroup-parent';
    check(rule, [
      [drive('systemd', '2'), parent('/plugins'), '^refused: /plugins is not the name of a slice'],
      [drive('systemd', '2'), parent('plugins.slice'), undefined],
      [drive('cgroupfs', '2'), parent('/plugins'), undefined],
      [drive('cgroupfs', '2'), parent('plugins.slice'), undefined],
      [drive('cgroupfs', '1'), parent('/plugins'), undefined],
      [drive('systemd', '2'), parent('plugins.slice/x'), 'is not the name of a slice'],
      [drive('systemd', '2', asPodman), parent('plugins.slice'), undefined],
      [
        drive('cgroupfs', '2', asPodman),
        parent('plugins.slice'),
        "^refused: plugins.slice is the name of a slice, and Podman's",
      ],
      [drive('cgroupfs', '2', asPodman), parent('/plugins'), undefined],
      [drive('none', '2'), parent('/plugins'), "^refused: this rootless engine can't make cgroups"],
      [
        { ...drive('systemd', '1', rootlessDocker), host: user() },
        parent('plugins.slice'),
        "can't make cgroups",
      ],
      [{ ...drive('systemd', '2', rootlessDocker), host: user() }, parent('plugins.slice'), undefined],
      [drive('none', '2'), runc, undefined],
    ]);
  });
});

describe('rules about the folder for sockets', () => {
  const folder = (more: object) => ({ host: host({ socketFolder: { ...host().socketFolder, ...more } }) });

  it('want short paths', () => {
    const rule = 'socket-path-length';
    const room = /sockets below .* could have paths of (\d+) bytes/;
    const long = told(rule, folder({ path: `/${'x'.repeat(150)}` }));
    const below = Number(room.exec(long ?? '')?.[1]) - 151;
    assert.equal(below, bytesBelow({ ownedFolder: true }));
    const longest = 107 - below;
    check(rule, [
      [folder({ path: `/${'x'.repeat(longest - 1)}` }), runc, undefined],
      [
        folder({ path: `/${'x'.repeat(longest)}` }),
        runc,
        `paths of 108 bytes. Choose a folder whose path has ${longest} bytes`,
      ],
      [folder({ path: `/${'ä'.repeat(longest / 2 + 1)}` }), runc, '^refused'],
      [folder({ path: `/${'x'.repeat(96)}`, bytesBelow: 10 }), runc, undefined],
      [folder({ path: `/${'x'.repeat(97)}`, bytesBelow: 10 }), runc, 'path has 97 bytes at most'],
    ]);
  });

  it('want to make folders there that nobody can replace', () => {
    check('socket-folder-writable', [
      [folder({ writable: fact(false) }), runc, '^refused: no directory can be made in /run/plugins'],
      [folder({ writable: unseen }), runc, '^unknown: whether directories can be made'],
    ]);
    check('socket-folder-trusted', [
      [folder({ changeable: fact('/run belongs to user 5') }), runc, '^refused: .*/run belongs to user 5'],
      [folder({ changeable: unseen }), runc, '^unknown: who could replace'],
      [folder({ changeable: fact('') }), runc, undefined],
    ]);
    check('socket-file-system', [
      [folder({ fileSystem: fact('tmpfs') }), runc, undefined],
      [
        folder({ fileSystem: fact('proc') }),
        runc,
        "^refused: the file system of /run/plugins, proc, can't hold sockets",
      ],
      [
        folder({ fileSystem: fact('fuse.x') }),
        runc,
        '^unknown: whether the file system of /run/plugins, fuse.x, can',
      ],
      [folder({ fileSystem: unseen }), runc, '^unknown: the type of the file system'],
      ...['ext4', 'xfs', 'zfs', 'overlay', 'nfs'].map(
        (type) => [folder({ fileSystem: fact(type) }), runc, undefined] as const,
      ),
      ...['sysfs', 'cgroup2', 'debugfs', 'bpf', 'mqueue', 'vfat', 'squashfs', 'rpc_pipefs'].map(
        (type) => [folder({ fileSystem: fact(type) }), runc, `${type}, can't hold sockets`] as const,
      ),
    ]);
  });

  it('want an engine that sees it, and whose user can get there', () => {
    const sees = (value: boolean | undefined) =>
      docker({ seesSocketFolder: value === undefined ? unseen : fact(value) });
    const inside = { ...host(), container: fact('docker') };
    const outside = { ...host(), container: fact('') };
    const remedy = 'This process is in a container';
    check('socket-folder-shared', [
      [
        { engine: sees(false) },
        runc,
        '^refused: the engine does not see /run/plugins of this host .*same path\\.$',
      ],
      [{ engine: sees(true) }, runc, undefined],
      [{ engine: sees(undefined) }, runc, undefined],
      [{ engine: sees(undefined), host: outside }, runc, undefined],
      [{ engine: sees(undefined), host: { ...host(), container: unseen } }, runc, undefined],
      [
        { engine: sees(undefined), host: inside },
        runc,
        `^note: whether the engine sees /run/plugins is not known: nobody looked.*${remedy}`,
      ],
      [{ engine: sees(false), host: inside }, runc, remedy],
    ]);
    const closed = { ...host().socketFolder, closedTo: fact('/root') };
    const root = host({ socketFolder: closed });
    check('socket-folder-reachable', [
      [{ host: root, engine: rootlessDocker() }, runc, "^refused: other users can't pass through /root"],
      [{ host: host(), engine: rootlessDocker() }, runc, undefined],
      [{ host: { ...user(), socketFolder: closed }, engine: rootlessDocker() }, runc, undefined],
      [{ host: root }, runc, undefined],
      [{ host: { ...user(), socketFolder: closed } }, runc, undefined],
      [
        { host: { ...root, socketFolder: { ...closed, closedTo: unseen } }, engine: rootlessDocker() },
        runc,
        '^unknown: who can pass',
      ],
    ]);
  });

  it('want access lists for gVisor where neither side is root', () => {
    const acl = (more: object) => ({ host: { ...user(), ...more } });
    const without = { ...host().socketFolder, acl: fact(false) };
    check('socket-acl', [
      [acl({}), runsc, undefined],
      [acl({ setfacl: fact(false) }), runsc, '^refused: setfacl is missing'],
      [acl({ setfacl: unseen }), runsc, '^unknown: whether setfacl is there'],
      [acl({ socketFolder: without }), runsc, '^refused: the file system of /run/plugins has no ACLs'],
      [acl({ socketFolder: without }), runc, undefined],
      [{ host: host({ socketFolder: without }) }, runsc, undefined],
      [
        { ...acl({ socketFolder: without }), engine: rootlessDocker(), image: image({ user: '0:0' }) },
        runsc,
        undefined,
      ],
      [{ ...acl({ socketFolder: without }), engine: rootlessDocker() }, runsc, 'no ACLs'],
    ]);
  });

  it('know what a remapped engine needs', () => {
    const ids = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
    const engine = docker({ remapped: fact(true), idMaps: fact({ uids: ids, gids: ids }) });
    check('remapped-socket', [
      [{ engine }, runc, undefined],
      [{ engine }, runsc, '^refused: under runsc in a remapped engine'],
      [{ engine, host: user() }, runc, '^refused: only root can give'],
      [{ engine: { ...engine, idMaps: unseen } }, runc, '^unknown: the ids of the user namespace'],
      [{ host: user() }, runc, undefined],
    ]);
    const later = [{ containerId: 1_000, hostId: 100_000, size: 10 }];
    const users = (uid: number, gid: number) => image({ user: `${uid}:${gid}` });
    const outside = /^refused: uid 65536 and gid 65536 of the plugin don't exist/;
    check('ids-mapped', [
      [{ engine, image: users(65_536, 65_536) }, runc, outside],
      [{ engine, image: users(65_536, 1) }, runc, /^refused: uid 65536 of the plugin/],
      [{ engine, image: users(1, 65_536) }, runc, /^refused: gid 65536 of the plugin/],
      [{ engine, image: users(65_535, 65_535) }, runc, undefined],
      [
        { engine: { ...engine, idMaps: fact({ uids: later, gids: later }) }, image: users(999, 1_000) },
        runc,
        /^refused: uid 999 of/,
      ],
      [{ engine: { ...engine, remapped: fact(false) }, image: users(65_536, 65_536) }, runc, undefined],
      [{ engine: { ...engine, idMaps: unseen }, image: users(65_536, 65_536) }, runc, undefined],
      [{ engine, image: image({ user: 'nobody-knows' }) }, runc, undefined],
    ]);
  });

  it('tell of AppArmor where it does less, or more, than it should', () => {
    const armed = (profile: string | undefined, more: object = {}) => ({
      engine: docker({
        security: fact(['apparmor']),
        ...(profile !== undefined && { containerProfile: fact(profile) }),
        ...more,
      }),
    });
    check('apparmor-profile', [
      [armed(undefined), runc, undefined],
      [armed('docker-default (enforce)'), runc, undefined],
      [armed(''), runc, undefined],
      [
        armed('docker-default (complain)'),
        runc,
        '^refused: the profile docker-default of containers is in complain mode',
      ],
      [armed('docker-default (complain)', { security: fact(['seccomp']) }), runc, undefined],
    ]);
    const own = (profile: string | undefined) => ({
      runtimes: {
        crun: { ...runtime('crun'), ...(profile !== undefined && { ownProfile: fact(profile) }) },
        runc: { ...runtime('runc'), ...(profile !== undefined && { ownProfile: fact(profile) }) },
      },
    });
    check('apparmor-crun', [
      [{ engine: docker(own('crun')) }, crun, '^note: AppArmor lets no process'],
      [{ engine: docker(own('crun')) }, runc, undefined],
      [{ engine: docker(own('')) }, crun, undefined],
      [{ engine: docker(own(undefined)) }, crun, undefined],
      [{ engine: rootlessDocker(own('crun')), host: user() }, crun, undefined],
    ]);
  });
});

describe('rules about the image', () => {
  const absent = { reference: 'localhost/none:1', absent: true } as never;

  it('want it to be there, with a user that it knows', () => {
    check('image-present', [
      [
        { image: absent },
        runc,
        '^refused: docker at /run/docker.sock has no image localhost/none:1.*docker pull localhost/none:1',
      ],
    ]);
    check('user-exists', [
      [{ image: image({ user: 'nobody-knows' }) }, runc, '^refused: '],
      [{ image: image({ user: 'nobody-knows', accounts: unseen }) }, runc, '^unknown: '],
      [{ image: image({ user: 'nonroot' }) }, runc, undefined],
      [{ image: absent }, runc, undefined],
    ]);
  });

  it('want a program that can be started', () => {
    const started = (changes: object) => ({ image: image({ program: fact(program(changes)) }) });
    check('entrypoint-program', [
      [
        { image: image({ entrypoint: [], cmd: [] }) },
        runc,
        '^refused: the image has neither entrypoint nor command',
      ],
      [{ image: image({ entrypoint: [], cmd: ['/plugin'] }) }, runc, undefined],
      [{ image: image({ entrypoint: ['/plugin'], cmd: ['serve'] }) }, runc, undefined],
      [started({ kind: 'missing' }), runc, '^refused: the image has no file /plugin'],
      [started({ kind: 'other' }), runc, '^refused: /plugin is neither'],
      [started({ mode: 0o644 }), runc, '^refused: /plugin has mode 0644'],
      [started({ mode: 0o645 }), runc, undefined],
      [started({ mode: 0o654 }), runc, undefined],
      [{ image: image({ program: unseen }) }, runc, '^unknown: the program of the image'],
      [{ image: image({ entrypoint: [], cmd: [] }) }, { ...runc, entrypoint: ['/x'] }, undefined],
      [{ image: image({ os: '', architecture: '', entrypoint: [], cmd: [] }) }, runc, undefined],
      [
        { image: image({ os: '', architecture: 'amd64', entrypoint: [], cmd: [] }) },
        runc,
        'neither entrypoint nor',
      ],
    ]);
    const loader = (present: boolean, more: object = {}) =>
      started({ interpreter: { path: '/lib/ld.so', present }, ...more });
    check('entrypoint-loader', [
      [
        loader(false),
        runc,
        '^refused: /plugin needs /lib/ld.so, which the image does not have. Build the plugin statically',
      ],
      [loader(false, { kind: 'script' }), runc, 'Put the interpreter into the image'],
      [loader(true), runc, undefined],
      [
        loader(true, { missingLibraries: ['libc.so.6', 'libm.so.6'] }),
        runc,
        '^refused: the image lacks libc.so.6, libm.so.6, which /plugin needs',
      ],
      [started({ missingLibraries: ['libc.so.6'] }), runc, undefined],
    ]);
  });

  it('want one that is built for this processor', () => {
    const built = (architecture: string, machine?: string) => ({
      image: image({
        architecture,
        program: machine === undefined ? unseen : fact(program({ machine })),
      }),
    });
    check('image-architecture', [
      [built('arm64'), runc, '^refused: the image is for arm64, but this host is amd64'],
      [built('amd64', 'arm64'), runc, '^refused: the program of the image is for arm64'],
      [built('arm64', 'amd64'), runc, undefined],
      [built(''), runc, undefined],
      [{ host: host({ architecture: unseen }) }, runc, "^unknown: this host's architecture is not known"],
      [
        { image: image({ os: '', architecture: '', entrypoint: [], cmd: [] }) },
        runc,
        '^refused: the engine has the list.*docker pull --platform linux/amd64 localhost/plugin:1',
      ],
      [
        { ...built('arm64'), host: host({ emulated: fact(['arm64']) }) },
        runc,
        '^(note|unknown): the image is for arm64, which an emulator',
      ],
      [{ ...built('arm64'), host: host({ emulated: fact(['riscv64']) }) }, runc, '^refused'],
      [
        { image: image({ os: '', architecture: '', entrypoint: ['/plugin'], cmd: ['serve'] }) },
        runc,
        undefined,
      ],
      [{ image: image({ os: 'linux', architecture: '', entrypoint: [], cmd: [] }) }, runc, undefined],
      [{ ...built('arm64'), host: host({ emulated: unseen }) }, runc, '^refused'],
    ]);
  });
});

describe('the socket is shared', () => {
  const ids = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
  const remapped = docker({ remapped: fact(true), idMaps: fact({ uids: ids, gids: ids }) });

  it('by a folder whose plan follows from who the host is and how the engine runs', () => {
    const plan = (given: Partial<LaunchFacts>, wishes: LaunchRequirements = runc) => {
      const { recipe, directory, socketGid, groups, user: as } = strategyOf(facts(given), wishes);
      return { recipe, ...directory, socketGid, groups, as };
    };
    const mode = 0o770;
    const root = { recipe: 'unused-group', mode, gid: 64_999, socketGid: 64_999 };
    assert.deepEqual(plan({}), { ...root, groups: ['64999'], as: undefined });
    assert.deepEqual(plan({}, runsc), { ...root, groups: ['64999', '65532'], as: '65532:64999' });
    assert.deepEqual(plan({ image: image({ user: '0:5' }) }, runsc), {
      ...root,
      groups: ['64999'],
      as: undefined,
    });
    const mine = { recipe: 'host-group', mode, socketGid: 1001 };
    assert.deepEqual(plan({ host: user() }), {
      ...mine,
      defaultAclUid: undefined,
      groups: ['1001'],
      as: undefined,
    });
    assert.deepEqual(plan({ host: user(), image: image({ user: '5:1001' }) }, runsc), {
      ...mine,
      ...{ defaultAclUid: 1001, groups: ['1001'], as: '5:1001' },
    });
    const rootless = { recipe: 'rootless-group', mode, socketGid: 0, groups: ['0'], as: undefined };
    assert.deepEqual(plan({ host: user(), engine: rootlessDocker() }), {
      ...rootless,
      ...{ owner: undefined, defaultAclUid: undefined },
    });
    assert.deepEqual(plan({ host: host(), engine: rootlessDocker() }), {
      ...rootless,
      ...{ owner: { uid: 1001, gid: 1001 }, passingGid: 1001, defaultAclUid: undefined },
    });
    assert.deepEqual(plan({ engine: remapped, host: host({ unusedGid: fact(5) }) }), {
      ...{ recipe: 'remapped-group', mode, gid: 100_005, passingGid: 100_000 },
      ...{ socketGid: 5, groups: ['5'], as: undefined },
    });
  });

  it('by what is tried where the host is not known in full', () => {
    const attempt = (given: Partial<LaunchFacts>, wishes: LaunchRequirements = runc) => {
      const verdict = judge(facts(given), wishes);
      return 'attempt' in verdict ? verdict.attempt : verdict.strategy;
    };
    assert.equal(attempt({ host: host({ uid: unseen }) }).recipe, 'unused-group');
    assert.equal(attempt({ host: host({ uid: fact(1001), gid: unseen }) }).socketGid, 0);
    assert.equal(attempt({ host: host({ unusedGid: unseen, gid: fact(7) }) }).socketGid, 7);
    const nobody = attempt({ image: image({ user: 'nobody-knows' }) }, runsc);
    assert.deepEqual([nobody.user, nobody.groups], [undefined, ['64999']]);
    const asRoot = attempt({ host: user(), image: image({ user: '0:0' }) }, runsc);
    assert.equal(asRoot.directory.defaultAclUid, 1001);
  });

  it("by the host's ids of groups, where the engine has ids of its own", () => {
    const range = [{ containerId: 10, hostId: 100_000, size: 5 }];
    const engine = docker({ remapped: fact(true), idMaps: fact({ uids: range, gids: range }) });
    for (const [gid, of] of [
      [9, 9],
      [10, 100_000],
      [14, 100_004],
      [15, 15],
    ] as const) {
      const verdict = judge(facts({ engine, host: host({ unusedGid: fact(gid) }) }), runc);
      const { directory } = 'attempt' in verdict ? verdict.attempt : verdict.strategy;
      assert.equal(directory.gid, of, String(gid));
    }
  });

  it('through folders which the group of another user has to pass', () => {
    const owner = fact({ uid: 1001, gid: 1005 });
    assert.equal(passingGid(host(), remapped), 100_000);
    assert.equal(passingGid(host(), rootlessDocker({ owner })), 1005);
    assert.equal(passingGid(user(1001), rootlessDocker({ owner })), undefined);
    assert.equal(passingGid(host(), rootlessDocker({ owner: unseen })), undefined);
    assert.equal(passingGid(user(1001), docker()), undefined);
    assert.throws(() => passingGid(host(), undefined as never), { code: 'INVALID_OPTION' });
  });
});

it('no override lifts what would let others lead the engine elsewhere, or can not work at all', () => {
  const final = rules.filter(({ isFinal }) => isFinal === true).map(({ id }) => id);
  const folder = ['socket-path-length', 'socket-folder-writable', 'socket-folder-trusted'];
  assert.deepEqual(
    final.filter((id) => id.startsWith('socket')),
    folder,
  );
});
