/** What Bulkhead itself denies a plugin, in the words of real programs in real containers: each hint names the remedy. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { PluginContainerOptions } from '../../src/container/options.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { inTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { noGo } from '../plugins/go-programs.ts';
import { deniedImage, loadDeniedImages, nodeDeniedImage, programs, runDenied } from './denied-image.ts';

const limits = { timeout: 300_000 };

type Program = 'busybox' | 'go' | 'node';

interface Case {
  readonly program: Program;
  readonly args: readonly string[];
  readonly hint: RegExp | 'none';
  readonly options?: Partial<PluginContainerOptions>;
  /** Where it is denied at all: gVisor has a network stack, limits and a /tmp of its own. */
  readonly on?: (place: { readonly runtime: string; readonly kind: string }) => boolean;
}

const tmpfs = [{ path: '/tmp' }];
/** Podman adds an entry for the user to the container's /etc/passwd. */
const onDocker: Case['on'] = ({ kind }) => kind === 'docker';
/** Limits and the profile without keyctl are those of the rootful Docker. */
const withLimits: Case['on'] = ({ kind, runtime }) => kind === 'docker' && runtime !== 'runsc';
const notUnderGvisor: Case['on'] = ({ runtime }) => runtime !== 'runsc';
const readOnly = /`readOnlyRootFilesystem: false`/;
const network = /no network[^]*`network: 'bridge'`/;

/** gVisor asks who owns a folder before it asks whether the file system can be written to. */
const asRoot = { user: '0:0' };
const cases: readonly Case[] = [
  { program: 'go', args: ['write', '/data/new'], hint: readOnly, options: asRoot },
  { program: 'go', args: ['write', '/data/new'], hint: /`tmpfs: \[\{ path: '\/data' \}\]`/, options: asRoot },
  { program: 'busybox', args: ['touch', '/data/new'], hint: readOnly, options: asRoot },
  { program: 'busybox', args: ['mkdir', '/new'], hint: /`tmpfs: \[\{ path: '\/new' \}\]`/, options: asRoot },
  { program: 'busybox', args: ['sh', '-c', 'echo x > /data/new'], hint: readOnly, options: asRoot },
  {
    program: 'node',
    args: ['write', '/plugin/new'],
    hint: /write elsewhere[^]*`readOnlyRootFilesystem: false`/,
    options: asRoot,
  },
  { program: 'go', args: ['write', '/data/new'], hint: readOnly, on: notUnderGvisor },
  { program: 'go', args: ['temp'], hint: /`tmpfs: \[\{ path: '\/tmp' \}\]`/, on: notUnderGvisor },
  { program: 'go', args: ['dial', '192.0.2.1:5432'], hint: network },
  { program: 'go', args: ['lookup', 'db.example.com'], hint: network },
  { program: 'busybox', args: ['wget', 'http://db.example.com/'], hint: network },
  { program: 'busybox', args: ['nc', '192.0.2.1', '80'], hint: network },
  { program: 'node', args: ['lookup', 'db.example.com'], hint: network },
  { program: 'node', args: ['fetch', 'http://db.example.com/'], hint: network },
  { program: 'node', args: ['connect', '192.0.2.1'], hint: network },
  { program: 'go', args: ['ping'], hint: /`capAdd: \['NET_RAW'\]`/, options: { user: '0:0' } },
  { program: 'go', args: ['chown', '/tmp'], hint: /`capAdd: \['CHOWN'\]`/, options: { user: '0:0', tmpfs } },
  { program: 'busybox', args: ['chown', '12', '/tmp'], hint: /\['CHOWN'\]/, options: { user: '0:0', tmpfs } },
  {
    program: 'node',
    args: ['chown', '/tmp'],
    hint: /`capAdd: \['CHOWN'\]`/,
    options: { user: '0:0', tmpfs },
  },
  {
    program: 'go',
    args: ['setgid'],
    hint: /`user`[^]*`capAdd: \['SETUID', 'SETGID'\]`/,
    options: { user: '0:0' },
  },
  {
    program: 'go',
    args: ['exec', '/tmp/copy'],
    hint: /`tmpfs: \[\{ path: '\/tmp', exec: true \}\]`/,
    options: { tmpfs },
  },
  {
    program: 'go',
    args: ['exec', '/tmp/copy'],
    hint: 'none',
    options: { tmpfs: [{ path: '/tmp', exec: true }] },
  },
  {
    program: 'busybox',
    args: ['sh', '-c', 'busybox cp /bin/busybox /tmp/busybox; /tmp/busybox true'],
    hint: /exec: true/,
    options: { tmpfs },
  },
  {
    program: 'go',
    args: ['fill', '/tmp/big'],
    hint: /tmpfs at \/tmp holds 67108864 bytes[^]*sizeBytes: 268435456/,
    options: { tmpfs },
  },
  { program: 'node', args: ['fill', '/tmp/big'], hint: /tmpfs at \/tmp holds/, options: { tmpfs } },
  {
    program: 'busybox',
    args: ['dd', 'if=/dev/zero', 'of=/tmp/big', 'bs=1M', 'count=80'],
    hint: /tmpfs at \/tmp holds/,
    options: { tmpfs },
  },
  {
    program: 'go',
    args: ['open-many'],
    hint: /`ulimits: \[\{ name: 'nofile'/,
    options: { ulimits: [{ name: 'nofile', soft: 64, hard: 64 }] },
  },
  {
    program: 'node',
    args: ['home'],
    hint: /\/etc\/passwd[^]*`env: /,
    options: { user: '4711:4711' },
    on: onDocker,
  },
  {
    program: 'go',
    args: ['lookup-user'],
    hint: /\/etc\/passwd[^]*`env: /,
    options: { user: '4711:4711' },
    on: onDocker,
  },
  { program: 'go', args: ['threads'], hint: /`pidsLimit/, options: { pidsLimit: 32 }, on: withLimits },
  {
    program: 'busybox',
    args: ['sh', '-c', 'for i in $(busybox seq 60); do busybox sleep 60 & done'],
    hint: /`pidsLimit/,
    options: { pidsLimit: 16 },
    on: withLimits,
  },
  {
    program: 'node',
    args: ['heap'],
    hint: /`memoryBytes`/,
    options: { memoryBytes: 512 << 20 },
    on: withLimits,
  },
  {
    program: 'go',
    args: ['mlock'],
    hint: /`mlock`/,
    options: { ulimits: [{ name: 'memlock', soft: 65_536, hard: 65_536 }] },
    on: notUnderGvisor,
  },
  { program: 'go', args: ['keyctl'], hint: /`seccomp: 'unconfined'`/, on: withLimits },
  {
    program: 'go',
    args: ['userfaultfd'],
    hint: /`runtime: 'runc'`/,
    on: ({ runtime }) => runtime === 'runsc',
  },
  // The same things where they are given, or fail for a reason of their own.
  {
    program: 'go',
    args: ['write', '/nowhere/new'],
    hint: 'none',
    options: { readOnlyRootFilesystem: false },
  },
  { program: 'go', args: ['write', '/tmp/nowhere/new'], hint: 'none', options: { tmpfs } },
  { program: 'go', args: ['dial', '127.0.0.1:5432'], hint: 'none' },
  { program: 'busybox', args: ['cat', '/etc/config'], hint: 'none' },
];

const entrypoints: Readonly<Record<Program, readonly string[] | undefined>> = {
  busybox: ['/bin/busybox'],
  go: ['/denied'],
  node: undefined,
};

const engines = loadEngines().filter(({ suite }) => suite === 'host');
if (engines.length === 0) it('explains what is denied', { skip: noEngines }, () => undefined);

/** Every runtime of one rootful and one rootless engine: the words are the programs' and the kernel's. */
const places = engines
  .filter(({ kind, rootless }) => (kind === 'docker' ? !rootless : rootless))
  .flatMap((testEngine) => testEngine.services.map((service) => ({ testEngine, ...service })));

/** What is tried at each place. */
const tried = new Map(places.map((place) => [place, [] as Case[]]));
for (const [index, each] of cases.entries()) {
  const { on = () => true } = each;
  const denying = places.filter(({ runtime, testEngine }) => on({ runtime, kind: testEngine.kind }));
  for (const place of inTurn(denying, index)) tried.get(place)?.push(each);
}

for (const [{ testEngine, runtime, socket }, casesHere] of tried) {
  describe(`what is denied on ${testEngine.name} ${runtime}`, { timeout: 3_600_000 }, () => {
    let engine: Engine | undefined;
    let parent: Awaited<ReturnType<typeof ownSocketParent>> | undefined;
    before(async () => {
      engine = await connectEngine({ socketPath: socket });
      parent = await ownSocketParent(testEngine);
      await loadDeniedImages(engine);
    }, limits);
    after(async () => {
      await engine?.close();
      await parent?.[Symbol.asyncDispose]();
    });
    for (const { program, args, hint, options = {} } of casesHere) {
      const words = hint === 'none' ? 'is not guessed' : 'is explained';
      it(`${program} ${args.join(' ')} ${words}`, limits, async (t) => {
        if (program === 'busybox' ? !programs.busybox : program === 'go' && !programs.go) {
          t.skip(program === 'busybox' ? 'busybox is not installed' : noGo);
          return;
        }
        assert.ok(engine !== undefined && parent !== undefined);
        const entrypoint = entrypoints[program];
        const { exit, stderr, diagnosis } = await runDenied(engine, {
          image: program === 'node' ? nodeDeniedImage : deniedImage,
          runtime,
          ...(entrypoint !== undefined && { entrypoint }),
          args,
          user: '1000:1000',
          socketDirectory: parent.path,
          ...options,
        });
        const said = `${JSON.stringify(exit)}\n${stderr}\n${diagnosis.hint ?? 'no hint'}`;
        if (hint === 'none') assert.equal(diagnosis.hint, undefined, said);
        else assert.match(diagnosis.hint ?? '', hint, said);
      });
    }
  });
}
