import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isGroup, type Command, type CommandNode } from '../../src/cli/command.ts';
import { commandModules } from '../../src/cli/command-modules.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { bulkhead } from './bulkhead.ts';

describe('the command line', { timeout: 240_000 }, () => {
  it('tells its commands and ends with 2 when none is named', () => {
    const { status, stdout, stderr } = bulkhead([]);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /doctor[\s\S]*run/);
  });

  it('tells its commands, exit codes and version when asked', () => {
    const { status, stdout } = bulkhead(['--help']);
    assert.equal(status, 0);
    assert.match(stdout, /^usage: bulkhead COMMAND/);
    assert.match(stdout, /exit codes:[\s\S]*0 [\s\S]*1 [\s\S]*2 [\s\S]*3 /);
    assert.match(bulkhead(['run', '--help']).stdout, /-cookie=KEY=VALUE/);
    assert.match(bulkhead(['help', 'run']).stdout, /^usage: bulkhead run /);
    assert.match(bulkhead(['--version']).stdout, /^bulkhead \d+\.\d+\.\d+ /);
  });

  it('prints its version for programs too', () => {
    const { bulkhead: version } = JSON.parse(bulkhead(['version', '-format=json']).stdout) as {
      bulkhead: string;
    };
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.match(bulkhead(['version', '--format', 'yaml']).stdout, /^bulkhead: /);
  });

  const misuses: readonly (readonly [string[], RegExp])[] = [
    [['rnu'], /no command rnu; did you mean run\?/],
    [['help', 'doktor'], /no command doktor; did you mean doctor\?/],
    [['run', '-cookie=A=b'], /IMAGE\|NAME is missing/],
    [['run', 'localhost/kv:1', '-cookie=A=b', '-type=secret'], /give either -type or -cookie/],
    [['run', 'localhost/kv:1', '--cookie', 'hello'], /NAME=VALUE/],
    [
      ['run', 'localhost/kv:1', '--cookie', 'A=b', '--protocol-version', 'one'],
      /takes a whole number.*"one"/,
    ],
    [['run', 'localhost/kv:1', '-cokie=A=b'], /no flag -cokie here; did you mean -cookie\?/],
    [['run', 'localhost/kv:1', '-no-mtls=perhaps', '-cookie=A=b'], /-no_mtls is true or false/],
    [['run', '-cookie=A=b', 'a', 'b'], /too many arguments: 1 expected, and there is "b"/],
    [['run', 'a', '-cookie'], /-cookie needs a value: KEY=VALUE/],
    [['version', '-format=xml'], /-format is one of table, json, yaml, not "xml"/],
    [['doctor', 'now'], /too many arguments: none expected/],
    [['completion', 'tcsh'], /SHELL is one of bash, zsh, fish/],
  ];
  for (const [args, said] of misuses) {
    it(`refuses: bulkhead ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = bulkhead(args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, said);
      assert.match(stderr, /^Error: .*\n {2}usage: bulkhead .*\nHint: Read bulkhead help.*\.\n$/);
    });
  }

  it('names the socket that it was told and can not reach, and ends with 3', () => {
    const args = ['run', 'localhost/kv:1', '--cookie', 'A=b', '--engine', '/nonexistent/docker.sock'];
    const { status, stderr } = bulkhead(args);
    assert.equal(status, 3);
    assert.match(stderr, /^Error: ENGINE_SOCKET_ABSENT: .*\/nonexistent\/docker\.sock/m);
  });

  it('tells how to start an image where it was given no name of the catalog', () => {
    const { status, stderr } = bulkhead(['run', 'localhost/kv:1']);
    assert.equal(status, 1);
    assert.match(stderr, /^Error: CATALOG_NOT_FOUND: .*localhost\/kv:1.*\nHint: .*-cookie=KEY=VALUE/m);
  });

  it('prints no colours where nobody sees them', () => {
    // eslint-disable-next-line no-control-regex -- an escape is what is looked for
    assert.doesNotMatch(bulkhead(['rnu'], { FORCE_COLOR: '1' }).stderr, /\u001b/);
  });
});

describe('the command table', () => {
  const commands = commandTable.flatMap((node) => flat(node, []));

  it('has a summary for every command, group and flag, without a full stop', () => {
    for (const { path, node } of commands) {
      assert.match(node.summary, /^[a-z].*[^.]$/, path);
      if (isGroup(node)) continue;
      for (const [name, { summary }] of Object.entries(node.flags)) {
        assert.match(summary, /^[^.]{3,}.*[^.]$/, `${path} -${name}`);
      }
    }
  });

  it('has the same commands as the modules that are loaded one by one', async () => {
    const names = commandTable.map(({ name }) => name);
    assert.deepEqual(Object.keys(commandModules), names);
    const loaded = await Promise.all(Object.values(commandModules).map((load) => load()));
    assert.deepEqual(loaded, [...commandTable]);
  });

  it('has names that can be told apart: small letters, no flag twice', () => {
    for (const { path, node } of commands) {
      assert.match(node.name, /^[a-z]+$/, path);
      if (isGroup(node)) continue;
      const names = Object.entries((node satisfies Command).flags).flatMap(([name, { short, alias }]) => [
        name,
        ...(short === undefined ? [] : [short]),
        ...(alias === undefined ? [] : [alias]),
      ]);
      assert.equal(new Set(names).size, names.length, path);
      for (const name of names) assert.match(name, /^[a-z][a-z0-9_]*$/, path);
    }
  });

  it('has positionals that may be left out only at the end', () => {
    for (const { path, node } of commands) {
      if (isGroup(node)) continue;
      const optional = node.positionals.map((positional) => positional.optional === true);
      assert.deepEqual(optional, optional.toSorted(), path);
    }
  });
});

function flat(node: CommandNode, above: readonly string[]): { path: string; node: CommandNode }[] {
  const path = [...above, node.name];
  const here = { path: path.join(' '), node };
  return isGroup(node) ? [here, ...node.commands.flatMap((inner) => flat(inner, path))] : [here];
}
