/** Tries sources of modules: which of them the tests of a room notice. */
import type { Copy } from './copy.ts';
import type { RunEnd } from './fast-runs.ts';

/** A module with another source. */
export interface Changed {
  readonly path: string;
  readonly text: string;
}

/** How long tests may take that pass, in a process that has just begun. */
const coldLimitMs = 60_000;

/**
 * Makes sure that the tests pass without any change. Returns a function that tells of each changed module whether a test
 * fails with it.
 */
export async function openTrial(
  copy: Copy,
  name: string,
  files: readonly string[],
  tests: readonly string[],
): Promise<(all: readonly Changed[]) => Promise<boolean[]>> {
  // Compiled in the same way as the changed ones.
  for (const file of files) await copy.write(`src/${file}`, await copy.read(`src/${file}`));
  copy.forget();
  const begin = performance.now();
  if (!copy.passes(tests) && !copy.passes(tests, { shown: true }))
    throw new Error(`the tests of ${name} fail without any change`);
  const slowLimitMs = Math.min(20_000, Math.round(5_000 + 3 * (performance.now() - begin)));
  // A room whose tests can't be repeated in one process has a process for each run.
  const isFast =
    (await copy.passesFast(tests, undefined, coldLimitMs)) === 'passed' &&
    (await copy.passesFast(tests, undefined, coldLimitMs)) === 'passed';
  let limitMs = isFast ? ((await limitOfNow()) ?? coldLimitMs) : coldLimitMs;

  /** How long a run with a change may take, by what one without a change takes now; `undefined` where that fails. */
  async function limitOfNow(): Promise<number | undefined> {
    const start = performance.now();
    const end = await copy.passesFast(tests, undefined, coldLimitMs);
    return end === 'passed' ? Math.round(1_500 + 4 * (performance.now() - start)) : undefined;
  }

  /** A run that waits for ever has noticed the change, unless it is the machine that is slow: then it has more time. */
  async function whenLate(changed: Changed): Promise<RunEnd> {
    for (;;) {
      const longerMs = await limitOfNow();
      if (longerMs === undefined) return 'doubtful';
      if (longerMs <= limitMs) return 'failed';
      limitMs = longerMs;
      const end = await copy.passesFast(tests, changed, limitMs);
      if (end !== 'late') return end;
    }
  }

  async function isNoticed({ path, text }: Changed, fast: boolean): Promise<boolean> {
    const source = await copy.read(path);
    await copy.write(path, text); // for programs that a test starts
    let end = fast ? await copy.passesFast(tests, { path, text }, limitMs) : 'doubtful';
    if (end === 'late') end = await whenLate({ path, text });
    const noticed = end === 'doubtful' ? !copy.passes(tests, { limitMs: slowLimitMs }) : end === 'failed';
    await copy.write(path, source);
    return noticed;
  }

  return async (all) => {
    const noticed: boolean[] = [];
    for (const one of all) noticed.push(await isNoticed(one, isFast));
    if (!isFast || (await copy.passesFast(tests, undefined, coldLimitMs)) === 'passed') return noticed;
    // One of the runs has left something that makes tests fail: what they seem to notice is tried again.
    copy.forget();
    for (const [index, one] of all.entries())
      if (noticed[index] === true) noticed[index] = await isNoticed(one, false);
    return noticed;
  };
}
