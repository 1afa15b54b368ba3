/** What a wrapper is says nothing about the plugin that it starts: rules judge the plugin, or say that it is not seen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  judge,
  type LaunchFacts,
  type LaunchRequirements,
  type ProgramFacts,
  type StartedProgramFacts,
} from '../../src/compatibility/index.ts';
import {
  docker,
  fact,
  facts,
  image,
  podman,
  program,
  rootlessDocker,
  rulesOf,
  strategyOf,
  user,
} from './made-facts.ts';

const ipcLock = { permitted: ['IPC_LOCK'], effective: true };
const plugin: StartedProgramFacts = {
  path: '/plugin',
  kind: 'elf',
  namedBy: 'entrypoint',
  machine: 'amd64',
  go: { goVersion: 'go1.24.3', goPlugin: 'v1.8.0' },
};
const locking = { ...plugin, fileCapabilities: ipcLock };
const mlock = { runtime: 'runc', mlock: true };
const oldDocker = docker({ version: '20.10.24' });

/** An image whose program is tini, or another wrapper. */
function wrapped(starts: readonly StartedProgramFacts[], changes: Partial<ProgramFacts> = {}) {
  const tini = program({ path: '/usr/bin/tini', go: undefined, starts, ...changes });
  return image({ program: fact(tini) });
}

function observedBy(rule: string, given: LaunchFacts, wishes: LaunchRequirements): string {
  const verdict = judge(given, wishes);
  const reasons = [...verdict.notes, ...('reasons' in verdict ? verdict.reasons : [])];
  return reasons.find((reason) => reason.rule === rule)?.observed ?? '';
}

describe('memory locking of a plugin behind a wrapper', () => {
  it('is judged by the file capability of the plugin, not of the wrapper', () => {
    const { capabilities, noNewPrivileges } = strategyOf(
      facts({ engine: oldDocker, image: wrapped([locking]) }),
      mlock,
    );
    assert.deepEqual([capabilities, noNewPrivileges], [['IPC_LOCK'], false]);
    const none = facts({ engine: oldDocker, image: wrapped([plugin]) });
    assert.deepEqual(rulesOf(none, mlock), ['mlock-program-capability']);
    assert.match(
      observedBy('mlock-program-capability', none, mlock),
      /^\/plugin, which \/usr\/bin\/tini starts/,
    );
    const onWrapper = facts({ engine: oldDocker, image: wrapped([plugin], { fileCapabilities: ipcLock }) });
    assert.deepEqual(rulesOf(onWrapper, mlock), ['mlock-program-capability']);
  });

  it('is not known where no-new-privileges may make the capability of the plugin ineffective', () => {
    const given = facts({ image: wrapped([locking]) });
    assert.deepEqual(rulesOf(given, mlock, 'unknown'), ['mlock-program-capability']);
    const { capabilities } = strategyOf(given, { ...mlock, noNewPrivileges: false });
    assert.deepEqual(capabilities, ['IPC_LOCK']);
  });

  it('has the limit of the engine where that may be lifted, and the capability without which the plugin does not start', () => {
    const engine = docker({ memlock: fact({ soft: 65536, hard: 65536, mayRaise: true }) });
    const { capabilities, ulimits } = strategyOf(facts({ engine, image: wrapped([locking]) }), mlock);
    assert.deepEqual(capabilities, ['IPC_LOCK']);
    assert.deepEqual(ulimits, [{ name: 'memlock', soft: -1, hard: -1 }]);
  });

  const unseen: readonly (readonly [string, LaunchFacts['image'], Partial<LaunchRequirements>])[] = [
    ['a wrapper that names none of its programs', wrapped([]), {}],
    [
      'a wrapper whose arguments the launch replaces',
      wrapped([{ ...locking, namedBy: 'command' }]),
      { args: ['/x'] },
    ],
    [
      'a wrapper that may start either of two plugins',
      wrapped([locking, { ...locking, path: '/other' }]),
      {},
    ],
    ['a script', wrapped([], { path: '/start.sh', kind: 'script' }), {}],
    [
      'a program that may start another one',
      wrapped([{ ...plugin, go: undefined }], { path: '/launcher' }),
      {},
    ],
  ];
  for (const [what, of, more] of unseen) {
    it(`is not known with ${what}`, () => {
      const wishes = { ...mlock, ...more };
      assert.deepEqual(rulesOf(facts({ image: of }), wishes, 'unknown'), ['mlock-program-capability']);
      const rootless = facts({ host: user(), engine: rootlessDocker(), image: of });
      assert.deepEqual(rulesOf(rootless, wishes, 'unknown'), ['mlock-limit']);
    });
  }

  it('is that of the program that is started, where the image says how much that one locks', () => {
    const node = { ...plugin, path: '/node', go: undefined };
    const wrapper = program({ path: '/locking', go: undefined, starts: [node], fileCapabilities: ipcLock });
    const stated = image({ program: fact(wrapper), addressSpaceBytes: 1 << 30 });
    assert.equal(judge(facts({ engine: oldDocker, image: stated }), mlock).status, 'works');
    const unstated = image({ program: fact(wrapper) });
    assert.deepEqual(rulesOf(facts({ engine: oldDocker, image: unstated }), mlock, 'unknown'), [
      'mlock-program-capability',
    ]);
  });

  it('is judged as before of a program that is not seen to start another one', () => {
    const node = image({ program: fact(program({ path: '/node', go: undefined })) });
    assert.deepEqual(rulesOf(facts({ image: node }), mlock), ['mlock-program-capability']);
  });

  it('needs, in a user namespace, the address space of the plugin, not of the wrapper', () => {
    const given = facts({ host: user(), engine: rootlessDocker(), image: wrapped([plugin]) });
    assert.deepEqual(rulesOf(given, mlock), ['mlock-limit']);
    const gosu = wrapped([{ ...plugin, go: undefined }], { go: { goVersion: 'go1.24.3' } });
    assert.deepEqual(rulesOf({ ...given, image: gosu }, mlock, 'unknown'), ['mlock-limit']);
  });

  it('is not known where the wrapper may take the capability from the plugin with the user', () => {
    const changing = { ...mlock, capAdd: ['SETUID', 'SETGID'] };
    for (const engine of [docker(), podman('runc')]) {
      const asRoot = { ...wrapped([plugin]), user: '' };
      assert.deepEqual(rulesOf(facts({ engine, image: asRoot }), changing, 'unknown'), ['mlock-capability']);
      strategyOf(facts({ engine, image: asRoot }), mlock);
      strategyOf(facts({ engine, image: image({ user: '' }) }), changing);
    }
  });
});

describe('a plugin behind a wrapper', () => {
  it('is refused where it has a file capability that the container is not given', () => {
    const given = facts({ image: wrapped([locking]) });
    assert.deepEqual(rulesOf(given, { runtime: 'runc' }), ['file-capability-granted']);
    assert.match(
      observedBy('file-capability-granted', given, { runtime: 'runc' }),
      /^\/plugin, which \/usr\/bin\/tini starts, carries/,
    );
    strategyOf(given, { runtime: 'runc', capAdd: ['IPC_LOCK'] });
  });

  it('is refused where it is built for another processor, and noted where it may be', () => {
    const other = facts({ image: wrapped([{ ...plugin, machine: 'arm64' }]) });
    assert.deepEqual(rulesOf(other, { runtime: 'runc' }), ['image-architecture']);
    assert.match(
      observedBy('image-architecture', other, { runtime: 'runc' }),
      /^\/plugin, which \/usr\/bin\/tini starts, is for arm64/,
    );
    const maybe = facts({ image: wrapped([{ ...plugin, go: undefined, machine: 'arm64' }]) });
    assert.equal(judge(maybe, { runtime: 'runc' }).status, 'works');
    assert.match(
      observedBy('image-architecture', maybe, { runtime: 'runc' }),
      /^\/plugin, which \/usr\/bin\/tini may start, is for arm64/,
    );
  });

  it('is refused where the image lacks its loader or a library', () => {
    const loader = { path: '/lib64/ld-linux-x86-64.so.2', present: false };
    const without = facts({ image: wrapped([{ ...plugin, interpreter: loader }]) });
    assert.deepEqual(rulesOf(without, { runtime: 'runc' }), ['entrypoint-loader']);
    const libraries = { interpreter: { ...loader, present: true }, missingLibraries: ['libssl.so.3'] };
    assert.deepEqual(rulesOf(facts({ image: wrapped([{ ...plugin, ...libraries }]) }), { runtime: 'runc' }), [
      'entrypoint-loader',
    ]);
  });

  it('is refused where a file system in memory would hide it', () => {
    const given = facts({ image: wrapped([{ ...plugin, path: '/data/plugin' }]) });
    assert.deepEqual(rulesOf(given, { runtime: 'runc', tmpfs: [{ path: '/data/' }] }), [
      'tmpfs-hides-program',
    ]);
  });
});
