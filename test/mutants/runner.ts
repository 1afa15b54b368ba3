/**
 * Runs tests of the copy for one changed module after the other, in one process, in which only the changed module and
 * its importers are evaluated anew. Its parent sends a change and gets an answer.
 */
import { BareTests } from './bare-tests.ts';
import { LinkedModules } from './linked-modules.ts';

export interface RunRequest {
  readonly tests: readonly string[];
  readonly changed: { readonly path: string; readonly code: string } | undefined;
}

/** `idle`: a test waits for ever. `stray`: an error came from outside of the tests, maybe from the run before. */
export interface RunAnswer {
  readonly end: 'passed' | 'failed' | 'idle' | 'stray';
  readonly why?: string;
}

const modules = new LinkedModules();
let stray: Error | undefined;
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error: Error) => (stray ??= error));
process.on('disconnect', () => {
  process.exit();
});

let end: (answer: RunAnswer) => void = () => undefined;
process.on('message', (request: RunRequest) => {
  // Where nothing but this channel is left to wait for, the test waits for ever.
  process.channel?.unref();
  const idle = new Promise<RunAnswer>((resolve) => (end = resolve));
  void Promise.race([run(request), idle]).then((answer) => {
    process.channel?.ref();
    process.send?.(answer);
  });
});
process.on('beforeExit', () => {
  end({ end: 'idle' });
});

async function run({ tests, changed }: RunRequest): Promise<RunAnswer> {
  stray = undefined;
  const bare = new BareTests();
  try {
    const evaluate = modules.begin(changed, bare.exports);
    for (const test of tests) {
      await evaluate(test);
      await bare.run();
    }
  } catch (error) {
    return { end: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
  await new Promise(setImmediate);
  // It is set by what happens meanwhile.
  const met = stray as Error | undefined;
  return met === undefined ? { end: 'passed' } : { end: 'stray', why: met.message };
}
