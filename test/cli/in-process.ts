/** The command line without a process of its own, for tables of what it refuses: the real parsing, commands and errors. */
import { runCommandLine } from '../../src/cli/command-line.ts';
import { terminalOn } from '../../src/cli/output/terminal.ts';
import type { Ended } from './bulkhead.ts';

export async function runInProcess(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const terminal = terminalOn(stream('stdout'), stream('stderr'), environment);
  const { signal } = new AbortController();
  const onHangup = () => ({ [Symbol.dispose]: () => undefined });
  const status = await runCommandLine(args, { terminal, signal, environment, onHangup });
  return { status, ...written };
}
