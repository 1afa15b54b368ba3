import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { UsageError } from '../usage-error.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export const completion = command({
  name: 'completion',
  summary: 'a script that completes command lines in your shell',
  details: [
    'Put one of the lines below into ~/.bashrc, ~/.zshrc (after compinit) or ~/.config/fish/config.fish.',
    'source <(bulkhead completion bash)',
    'source <(bulkhead completion zsh)',
    'bulkhead completion fish | source',
  ],
  positionals: [{ name: 'SHELL', complete: shells }],
  async run({ args: [shell] }, { terminal }) {
    if (!isShell(shell))
      throw new UsageError(`SHELL is one of ${shells.join(', ')}, not ${JSON.stringify(shell)}`);
    // The table contains this command too, so it can't be imported earlier.
    const { commandTable } = await import('../command-table.ts');
    terminal.out((await scripts[shell]())(commandTable).trimEnd());
    return exitCodes.ok;
  },
});

const scripts = {
  bash: async () => (await import('../completion/bash.ts')).bashCompletion,
  zsh: async () => (await import('../completion/zsh.ts')).zshCompletion,
  fish: async () => (await import('../completion/fish.ts')).fishCompletion,
};

function isShell(text: string): text is (typeof shells)[number] {
  return (shells as readonly string[]).includes(text);
}
