/** A plugin that another program starts, and build information that says nothing: noted, and not refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  judge,
  type GoBuildFacts,
  type LaunchRequirements,
  type LaunchVerdict,
  type ProgramFacts,
  type StartedProgramFacts,
} from '../../src/compatibility/index.ts';
import { goFacts } from '../../src/compatibility/image/go-facts.ts';
import { fact, facts, image, program } from './made-facts.ts';

const goWithModules: GoBuildFacts = { goVersion: 'go1.24.3' };
const goWithout: GoBuildFacts = { goVersion: 'go1.24.3', listsModules: false };
const plugin: StartedProgramFacts = {
  path: '/plugin',
  kind: 'elf',
  namedBy: 'entrypoint',
  go: { goVersion: 'go1.24.3', goPlugin: 'v1.8.0' },
};

function verdictOn(changes: Partial<ProgramFacts>, wishes: Partial<LaunchRequirements> = {}): LaunchVerdict {
  const of = image({ program: fact(program({ path: '/wrapper', go: undefined, ...changes })) });
  return judge(facts({ image: of }), { runtime: 'runc', ...wishes });
}

function noteOn(verdict: LaunchVerdict): string {
  return verdict.notes.find(({ rule }) => rule === 'plugin-program')?.observed ?? '';
}

function reasonsOf(verdict: LaunchVerdict): string[] {
  return 'reasons' in verdict ? verdict.reasons.map(({ rule }) => rule) : [];
}

describe('a program that is not seen to be a plugin', () => {
  const noted: readonly (readonly [string, Partial<ProgramFacts>, RegExp])[] = [
    ['is written in Go and has no list of modules', { go: goWithout }, /has no list of its modules/],
    [
      'is written in Go and has a module that may be a copy of go-plugin',
      { go: { ...goWithModules, goPluginLike: 'example.com/fork/go-plugin' } },
      /example\.com\/fork\/go-plugin/,
    ],
    ['is not written in Go', {}, /not written in Go, or does not say so/],
    ['is a script', { kind: 'script' }, /is a script/],
    ['starts a plugin', { starts: [plugin] }, /starts \/plugin, which is built with go-plugin/],
    [
      'is written in Go, as gosu is, and starts a plugin',
      { go: goWithModules, starts: [plugin] },
      /starts \/plugin, which is built with go-plugin/,
    ],
    [
      'is written in Go and starts a program that says nothing',
      { go: goWithModules, starts: [{ ...plugin, go: undefined }] },
      /may start \/plugin/,
    ],
    [
      'is written in Go and starts a program without a list of modules',
      { go: goWithModules, starts: [{ ...plugin, go: goWithout }] },
      /may start \/plugin/,
    ],
  ];
  for (const [what, changes, text] of noted) {
    it(`works with a note where it ${what}`, () => {
      const verdict = verdictOn(changes);
      assert.equal(verdict.status, 'works', JSON.stringify(verdict));
      assert.match(noteOn(verdict), text);
    });
  }

  const refused: readonly (readonly [string, Partial<ProgramFacts>, string])[] = [
    ['it has a list of modules without go-plugin', { go: goWithModules }, 'plugin-program'],
    [
      'so has all that it starts',
      { go: goWithModules, starts: [{ ...plugin, go: goWithModules }] },
      'plugin-program',
    ],
    [
      'what it starts is built with a go-plugin that is too old',
      { starts: [{ ...plugin, go: { goVersion: 'go1.24', goPlugin: 'v1.4.10' } }] },
      'go-plugin-version',
    ],
  ];
  for (const [what, changes, rule] of refused) {
    it(`is refused where ${what}`, () => {
      assert.deepEqual(reasonsOf(verdictOn(changes)), [rule]);
    });
  }

  it('is judged without what the command names, where the launch has arguments of its own', () => {
    const starts = [{ ...plugin, namedBy: 'command' as const }];
    const old = [
      { ...plugin, go: { goVersion: 'go1.24', goPlugin: 'v1.4.10' }, namedBy: 'command' as const },
    ];
    assert.match(
      noteOn(verdictOn({ go: goWithModules, starts }, { args: ['/other'] })),
      /what its arguments name/,
    );
    assert.deepEqual(reasonsOf(verdictOn({ starts: old }, { args: ['/other'] })), []);
    assert.deepEqual(reasonsOf(verdictOn({ starts: old })), ['go-plugin-version']);
  });
});

describe('programs for another machine', () => {
  const other = { ...plugin, go: undefined, machine: 'riscv64' };
  const told = (verdict: LaunchVerdict) =>
    verdict.notes.filter(({ rule }) => rule === 'image-architecture').map(({ observed }) => observed);

  it('are refused where the first one is, whatever it may start', () => {
    const verdict = verdictOn({ machine: 'arm64', starts: [other] });
    assert.equal(verdict.status, 'refused');
    assert.deepEqual(reasonsOf(verdict), ['image-architecture']);
  });

  it('are noted where they may be the plugin, and passed over where the first one is that', () => {
    assert.match(told(verdictOn({ starts: [other] })).join(), /\/plugin, which .* may start, is for riscv64/);
    const isPlugin = verdictOn({ go: { goVersion: 'go1.24.3', goPlugin: 'v1.8.0' }, starts: [other] });
    assert.equal(isPlugin.status, 'works');
    assert.deepEqual(told(isPlugin), []);
  });
});

describe('the build information of a Go program', () => {
  const modules = (entries: Readonly<Record<string, string>>) =>
    goFacts({ goVersion: 'go1.24', path: undefined, modules: new Map(Object.entries(entries)) });

  it('tells go-plugin, that there is no list, or what may be a copy of go-plugin', () => {
    assert.deepEqual(modules({ 'github.com/hashicorp/go-plugin': 'v1.6.0' }), {
      goVersion: 'go1.24',
      goPlugin: 'v1.6.0',
    });
    assert.deepEqual(modules({}), { goVersion: 'go1.24', listsModules: false });
    assert.deepEqual(modules({ 'example.com/x': 'v1.0.0' }), { goVersion: 'go1.24' });
    assert.deepEqual(modules({ 'example.com/go-plugin/v2': 'v2.0.0' }), {
      goVersion: 'go1.24',
      goPluginLike: 'example.com/go-plugin/v2',
    });
  });
});
