import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a build tool to its end. Fails with what it said, on either stream. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const tool = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [tool.stdout, tool.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const [code] = (await once(tool, 'close')) as [number | null];
  if (code !== 0)
    throw new Error(`${[command, ...args].join(' ')} ended with ${String(code)}:\n${said.trimEnd()}`);
}
