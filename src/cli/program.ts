/** The program behind the command line, which main.ts starts. */
import { constants } from 'node:os';
import { runCommandLine } from './command-line.ts';
import { exitCodes } from './exit-codes.ts';
import { listenToSignals, type Ending } from './signals.ts';
import { terminalOn } from './output/terminal.ts';

const interrupt = new AbortController();
let endedBy: Ending | undefined;

const { onHangup } = listenToSignals((signal) => {
  endedBy ??= signal;
  interrupt.abort(new Error(`ended by ${signal}`));
});
const output = { isLost: false };
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  interrupt.abort(new Error('the output goes nowhere'));
  // The reader of a pipe has gone, as `head` does: no further output is wanted. Anything else is a failure.
  if (error.code === 'EPIPE' || output.isLost) return;
  output.isLost = true;
  process.exitCode = exitCodes.environment;
  void import('./lost-output.ts').then(({ tellOfLostOutput }) => {
    tellOfLostOutput(error);
  });
});
process.stderr.on('error', () => undefined);

const exitCode = await main();
process.exitCode = output.isLost ? exitCodes.environment : exitCode;

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
