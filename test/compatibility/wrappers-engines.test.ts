/** Real wrappers start a real plugin: the verdict looks through them, and the launch does what it says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { launchPlugin, planLaunch } from '../../src/container/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { readElf, sharedLibraries, systemFiles } from '../../src/packing/index.ts';
import { noEngines } from '../engines/engines.ts';
import { inTurn } from '../engines/in-turn.ts';
import { busyboxProgram, noBusybox } from '../engine/support/busybox-image.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { configuredImage } from '../plugins/configured-image.ts';
import { debianProgram } from '../plugins/debian-program.ts';
import { goOnThePath, goProber, noGo } from '../plugins/go-programs.ts';
import { probe, probeLaunch } from './probe.ts';
import { suites } from './test-engines.ts';

const all = suites();
const limits = { timeout: 240_000 };
const reason = all.size === 0 ? noEngines : goOnThePath() === undefined ? noGo : noBusybox;
if (reason !== undefined) it('looks through wrappers', { skip: reason }, () => undefined);

interface Wrapper {
  readonly name: string;
  /** The package of Debian that has it, and where; absent: busybox. */
  readonly from?: readonly [name: string, path: string];
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
  /** Its arguments do not name the plugin, so that nothing is seen of it. */
  readonly hides?: true;
  /** What the hint says where the container lacks what the wrapper needs, so that it ends. */
  readonly lacks?: RegExp;
  readonly script?: string;
}

const wrappers: readonly Wrapper[] = [
  { name: 'tini', from: ['tini', 'usr/bin/tini-static'], entrypoint: ['/wrapper', '--', '/plugin'] },
  { name: 'dumb-init', from: ['dumb-init', 'usr/bin/dumb-init'], entrypoint: ['/wrapper'], cmd: ['/plugin'] },
  { name: 'catatonit', from: ['catatonit', 'usr/bin/catatonit'], entrypoint: ['/wrapper', '--', '/plugin'] },
  {
    name: 'gosu',
    from: ['gosu', 'usr/sbin/gosu'],
    entrypoint: ['/wrapper', '65532:65532', '/plugin'],
    lacks: /leave out what changes the user \(su-exec, gosu\)/,
  },
  { name: 'busybox env', entrypoint: ['/busybox', 'env', 'A=1', 'plugin'] },
  { name: 'busybox sh', entrypoint: ['/busybox', 'sh', '-c', 'umask 022; exec /plugin "$@"'] },
  {
    name: 'a script with the plugin as its command',

    entrypoint: ['/start.sh'],
    cmd: ['/plugin'],
    script: '#!/busybox sh\nexec "$@"\n',
  },
  {
    name: 'a script that names the plugin',

    entrypoint: ['/start.sh'],
    script: '#!/busybox sh\nexec /plugin\n',
    hides: true,
  },
];

for (const [suite, testEngines] of reason === undefined ? all : []) {
  for (const testEngine of testEngines) {
    describe(`wrappers on ${suite} ${testEngine.name}`, () => {
      for (const [index, { name, from, entrypoint, cmd = [], script, hides, lacks }] of wrappers.entries()) {
        if (!inTurn(testEngines, index).includes(testEngine)) continue;
        it(`${name} is looked through to the plugin that it starts`, limits, async (t) => {
          const program = from === undefined ? busyboxProgram : await debianProgram(...from);
          if (program === undefined) {
            t.skip(`the package ${from?.[0] ?? ''} can't be fetched here`);
            return;
          }
          const tag = `localhost/bulkhead-test/wrapped-${name.replace(/\W+/g, '-')}:1`;
          const archive = await configuredImage({
            tag,
            files: [
              ...systemFiles(),
              { path: '/plugin', content: { file: await goProber() }, mode: 0o755 },
              { path: from === undefined ? '/busybox' : '/wrapper', content: { file: program }, mode: 0o755 },
              ...(await sharedLibraries(program, await readElf(program))),
              ...(script === undefined ? [] : [{ path: '/start.sh', content: script, mode: 0o755 }]),
            ],
            entrypoint,
            cmd,
            env: { PATH: '/' },
            user: '65532:65532',
          });
          await using parent = await ownSocketParent(testEngine);
          for (const { runtime, socket } of inTurn(
            testEngine.services,
            Math.floor(index / testEngines.length),
          )) {
            await using engine = await connectEngine({ socketPath: socket });
            await engine.images.load(archive);
            const launch = {
              image: tag,
              runtime,
              ...probeLaunch(parent.path, { mlock: false }),
              args: undefined,
            };
            const { verdict } = await planLaunch(engine, launch);
            assert.equal(verdict.status, 'works', `${runtime}: ${JSON.stringify(verdict)}`);
            const note = verdict.notes.find(({ rule }) => rule === 'plugin-program')?.observed ?? '';
            assert.match(
              note,
              hides ? /shows at the start only/ : /starts \/plugin, which is built with go-plugin/,
            );
            if (lacks !== undefined) {
              await assert.rejects(launchPlugin(engine, launch), { code: 'PLUGIN_EXITED', hint: lacks });
              continue;
            }
            await using plugin = await launchPlugin(engine, launch);
            await probe(plugin, { signal: AbortSignal.timeout(30_000) });
          }
        });
      }
    });
  }
}
