/** What is shown of the command line is understood by it, and exit codes are said alike everywhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isGroup, type CommandNode } from '../../src/cli/command.ts';
import { withSettingsTable } from '../../scripts/settings-table.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { exitCodeMeanings } from '../../src/cli/exit-codes.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';

const readmes = ['README.md', 'src/cli/README.md'];

describe('the documentation of the command line', () => {
  for (const file of readmes) {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .flatMap(
        (line) => /^(?: *- run: npx )?(bulkhead (?!COMMAND).*)$/.exec(line.replace(/\s+#.*/, ''))?.[1] ?? [],
      );
    it(`${file} shows commands`, () => {
      assert.ok(lines.length >= 3, file);
    });
    for (const line of lines) {
      it(`${file}: ${line}`, () => {
        understood(wordsOf(line).slice(1));
      });
    }
  }

  for (const { path, examples } of commandsOf(commandTable)) {
    for (const example of examples) {
      it(`the help of ${path}: ${example}`, () => {
        assert.ok(example.startsWith(path));
        understood(wordsOf(example));
      });
    }
  }

  it('has the table that the list of settings makes: npm run man', () => {
    const plain = (page: string) => page.replace(/-{3,}/g, '---').replace(/ +/g, ' ');
    const readme = readFileSync('src/cli/README.md', 'utf8');
    assert.equal(plain(readme), plain(withSettingsTable(readme)));
  });

  it('says the exit codes as the command does', () => {
    const readme = readFileSync('src/cli/README.md', 'utf8').replace(/ +\|/g, ' |');
    for (const [code] of exitCodeMeanings)
      assert.match(readme, new RegExp(`\\| ${code.replace('+', '\\+')} \\| `));
    for (const [, meaning] of exitCodeMeanings) assert.ok(readme.includes(`| ${meaning} |`), meaning);
  });
});

/** Parses a command line as the command would, without carrying it out. */
function understood(words: readonly string[]): void {
  let nodes: readonly CommandNode[] = commandTable;
  for (const [at, word] of words.entries()) {
    const node: CommandNode | undefined = nodes.find(({ name }) => name === word);
    assert.ok(node !== undefined, word);
    if (isGroup(node)) {
      nodes = node.commands;
      continue;
    }
    const { flags, positionals } = parseArguments(words.slice(at + 1), node.flags);
    for (const [name, flag] of Object.entries(node.flags)) flag.convert(flags.get(name) ?? [], name);
    const needed = node.positionals.filter(({ optional, rest }) => optional !== true && rest !== true).length;
    const most = node.positionals.at(-1)?.rest === true ? Infinity : node.positionals.length;
    assert.ok(positionals.length >= needed && positionals.length <= most, positionals.join());
    return;
  }
  assert.fail('no command');
}

/** As a shell splits them: single quotes hold together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}

function commandsOf(
  nodes: readonly CommandNode[],
  above = '',
): { path: string; examples: readonly string[] }[] {
  return nodes.flatMap((node) => {
    const path = `${above} ${node.name}`.trim();
    return isGroup(node) ? commandsOf(node.commands, path) : [{ path, examples: node.examples }];
  });
}
