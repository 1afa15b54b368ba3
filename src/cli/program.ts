/** The program behind the command line, which main.ts starts. */
import { constants } from 'node:os';
import { runCommandLine } from './command-line.ts';
import { listenToSignals, type Ending } from './signals.ts';
import { terminalOn } from './output/terminal.ts';

const interrupt = new AbortController();
let endedBy: Ending | undefined;

const { onHangup } = listenToSignals((signal) => {
  endedBy ??= signal;
  interrupt.abort(new Error(`ended by ${signal}`));
});
// The reader of a pipe has gone, as `head` does: no further output is wanted.
process.stdout.on('error', () => {
  interrupt.abort(new Error('nobody reads the output'));
});
process.stderr.on('error', () => undefined);

process.exitCode = await main();

async function main(): Promise<number> {
  const terminal = terminalOn(process.stdout, process.stderr, process.env);
  const context = { terminal, signal: interrupt.signal, environment: process.env, onHangup };
  try {
    return await runCommandLine(process.argv.slice(2), context);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return endedBy === undefined ? 0 : 128 + constants.signals[endedBy];
  } finally {
    terminal.progress('');
  }
}
