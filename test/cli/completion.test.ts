/** The completion scripts, in the shells that they are for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { command, type CommandNode } from '../../src/cli/command.ts';
import { bashCompletion } from '../../src/cli/completion/bash.ts';
import { fishCompletion } from '../../src/cli/completion/fish.ts';
import { zshCompletion } from '../../src/cli/completion/zsh.ts';
import { choice, text, toggle } from '../../src/cli/flags.ts';
import { bulkhead } from './bulkhead.ts';

const run = () => Promise.resolve(0);

const table: readonly CommandNode[] = [
  command({
    name: 'check',
    summary: "what's to come: is it so",
    flags: { mlock: toggle('locks'), oci_runtime: text('NAME', 'runtime') },
    positionals: [{ name: 'IMAGE' }],
    run,
  }),
  {
    name: 'plugin',
    summary: 'plugins',
    commands: [
      command({
        name: 'list',
        summary: 'list them',
        flags: {
          format: choice(['table', 'json'], 'how to print'),
          output: text('FILE', 'where to', { path: true }),
        },
        positionals: [
          { name: 'TYPE', complete: ['auth', 'secret'] },
          { name: 'FILE', complete: 'file' },
        ],
        run,
      }),
      { name: 'runtime', summary: 'runtimes', commands: [command({ name: 'info', summary: 'tell', run })] },
    ],
  },
];

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-completion-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** What each shell offers for a line, sorted. */
const shells: Record<
  string,
  { readonly script: string; readonly ask: (file: string, line: string) => string[] }
> = {
  bash: { script: bashCompletion(table), ask: askBash },
  zsh: { script: zshCompletion(table), ask: askZsh },
  fish: { script: fishCompletion(table), ask: askFish },
};

/** [line, what must be offered, what must not] */
const lines: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['bulkhead ', ['check', 'plugin'], ['list', 'secret']],
  ['bulkhead pl', ['plugin'], ['check']],
  ['bulkhead plugin ', ['list', 'runtime'], ['plugin', 'check', 'info']],
  ['bulkhead plugin runtime ', ['info'], ['list', 'runtime']],
  ['bulkhead plugin list ', ['auth', 'secret'], ['list', 'check', 'one-file']],
  ['bulkhead plugin list -format json se', ['secret'], ['auth']],
  ['bulkhead plugin list -format=json se', ['secret'], ['auth']],
  ['bulkhead plugin list -format ', ['json', 'table'], ['auth', '-format']],
  ['bulkhead plugin list -', ['-format', '-output'], ['-mlock']],
  ['bulkhead check -ml', ['-mlock'], ['-format']],
];

for (const [shell, { script, ask }] of Object.entries(shells)) {
  describe(`completion in ${shell}`, { timeout: 120_000 }, () => {
    const file = join(folder, `script.${shell}`);
    const missing = spawnSync(shell, ['--version']).error === undefined ? false : `${shell} is not installed`;

    before(() => {
      writeFileSync(file, script);
      writeFileSync(join(folder, 'one-file'), '');
    });

    for (const [line, offered, not] of lines) {
      it(`of: ${line}`, { skip: missing }, () => {
        const words = ask(file, line);
        for (const word of offered) assert.ok(words.includes(word), `${word} in ${words.join(' ')}`);
        for (const word of not) assert.ok(!words.includes(word), `${word} not in ${words.join(' ')}`);
      });
    }

    it('names files where a file belongs', { skip: missing }, () => {
      assert.ok(ask(file, 'bulkhead plugin list secret one').some((word) => word.startsWith('one-file')));
      assert.ok(ask(file, 'bulkhead plugin list -output one').some((word) => word.startsWith('one-file')));
    });

    it('has a script of the real commands that the shell takes', { skip: missing }, () => {
      const { status, stdout } = bulkhead(['completion', shell]);
      assert.equal(status, 0);
      writeFileSync(file, stdout);
      const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
      assert.equal(checked.status, 0, checked.stderr);
      assert.ok(ask(file, 'bulkhead doc').includes('doctor'));
    });
  });
}

it('completes in the line editor of zsh', { timeout: 60_000 }, (t) => {
  if (spawnSync('zsh', ['--version']).error !== undefined) {
    t.skip('zsh is not installed');
    return;
  }
  const file = join(folder, 'editor.zsh');
  writeFileSync(file, zshCompletion(table));
  const program = `
    zmodload zsh/zpty; zpty z zsh -f -i
    zpty -w z "PS1=; autoload -U compinit; compinit -D -u; source \${(q)1}; bulkhead() { print got:\\$1:; }; print RE''ADY"
    zpty -r -m z answer '*READY*'
    zpty -w z $'bulkhead plu\\t'
    zpty -r -m z answer '*got:*:*'
    print -r -- $answer; zpty -d z`;
  assert.match(answers('zsh', ['-f', '-c', program, 'zsh', file]).join('\n'), /got:plugin:/);
});

describe('completion of a flag that was written with =', () => {
  it('offers its values', (t) => {
    if (spawnSync('bash', ['--version']).error !== undefined) {
      t.skip('bash is not installed');
      return;
    }
    const file = join(folder, 'equals.bash');
    writeFileSync(file, bashCompletion(table));
    assert.deepEqual(askBash(file, 'bulkhead plugin list -format='), ['json', 'table']);
    assert.deepEqual(askBash(file, 'bulkhead plugin list --format=j'), ['json']);
  });
});

function askBash(file: string, line: string): string[] {
  // As readline splits a line: at blanks, and "=" is a word of its own.
  const program = `source "$1"; cd "$2"; IFS=$'\\n'; COMP_WORDS=($3); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    [[ $4 != blank ]] || { COMP_WORDS+=(''); COMP_CWORD+=1; COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); }
    _bulkhead; printf '%s\\n' "\${COMPREPLY[@]%=}"`;
  const words = line
    .trimEnd()
    .replaceAll('=', ' = ')
    .split(/ +/)
    .filter((word) => word !== '');
  const blank = line.endsWith(' ') ? 'blank' : '';
  return answers('bash', ['--norc', '-c', program, 'bash', file, folder, words.join('\n'), blank]);
}

function askFish(file: string, line: string): string[] {
  const program = 'source $argv[1]; cd $argv[2]; complete -C $argv[3]';
  const found = answers('fish', ['--no-config', '-c', program, file, folder, line]);
  return found
    .map((each) => (each.split('\t')[0] ?? '').replace(/=$/, ''))
    .map((word) => word.replace(/^--(?=[a-z])/, '-'));
}

/** zsh completes only in its line editor; here the functions of its completion system are stood in for. */
function askZsh(file: string, line: string): string[] {
  const program = `
    compdef() { }
    compadd() { shift; print -l -r -- "$@"; }
    compset() { PREFIX=\${PREFIX#*=}; }
    _files() { print -l -r -- *(N); }
    _describe() { print -l -r -- \${entries%%:*}; }
    source $1; cd $2
    words=(\${(f)3}); [[ -z $4 ]] || words+=('')
    CURRENT=$#words PREFIX=$words[-1]
    _bulkhead`;
  const last = /\S*$/.exec(line)?.[0] ?? '';
  const typed = last.startsWith('-') ? last.slice(last.indexOf('=') + 1) : last;
  const words = line.split(/ +/).filter((word) => word !== '');
  const found = answers('zsh', [
    '-f',
    '-c',
    program,
    'zsh',
    file,
    folder,
    words.join('\n'),
    line.endsWith(' ') ? 'y' : '',
  ]);
  return found.map((word) => word.replace(/=$/, '')).filter((word) => word.startsWith(typed));
}

function answers(shell: string, args: readonly string[]): string[] {
  const { stdout, stderr, error } = spawnSync(shell, args, {
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm' },
  });
  assert.equal(error, undefined, stderr);
  return stdout
    .split(/\r?\n/)
    .filter((word) => word !== '')
    .sort();
}
