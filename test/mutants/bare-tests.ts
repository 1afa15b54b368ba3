/** The part of `node:test` that the fast tests use. The tests run one after the other, up to the first that fails. */
import { mock } from 'node:test';

type Work = (context: object) => unknown;
interface Options {
  readonly timeout?: number;
  readonly skip?: boolean | string;
  readonly todo?: boolean | string;
}

/** A suite, or a test, which may have tests of its own. */
interface Entry {
  readonly name: string;
  readonly options: Options;
  readonly work: Work;
  readonly isSuite: boolean;
}

interface Hooks {
  readonly before: Work[];
  readonly after: Work[];
  readonly beforeEach: Work[];
  readonly afterEach: Work[];
}

const longestMs = 30_000;

/** A test that failed: its name, and why. */
export class FailedTest extends Error {
  constructor(name: string, cause: unknown) {
    super(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export class BareTests {
  #entries: Entry[] = [];
  #hooks: Hooks = noHooks();

  readonly exports: Readonly<Record<string, unknown>>;

  constructor() {
    const add =
      (isSuite: boolean) =>
      (...given: readonly unknown[]): Promise<void> => {
        const name = given.find((each) => typeof each === 'string') ?? '';
        const options = (given.find((each) => typeof each === 'object') ?? {}) as Options;
        const work = (given.find((each) => typeof each === 'function') ?? (() => undefined)) as Work;
        this.#entries.push({ name, options, work, isSuite });
        return Promise.resolve();
      };
    const hook = (name: keyof Hooks) => (work: Work) => {
      this.#hooks[name].push(work);
    };
    const [test, suite] = [add(false), add(true)];
    this.exports = {
      ...{ it: test, test, describe: suite, suite, mock, default: test },
      ...{ before: hook('before'), after: hook('after') },
      ...{ beforeEach: hook('beforeEach'), afterEach: hook('afterEach') },
    };
  }

  /** Runs what was registered since the last time. @throws FailedTest */
  async run(each: Pick<Hooks, 'beforeEach' | 'afterEach'> = noHooks()): Promise<void> {
    const [entries, hooks] = [this.#entries, this.#hooks];
    this.#entries = [];
    this.#hooks = noHooks();
    const around = {
      beforeEach: [...each.beforeEach, ...hooks.beforeEach],
      afterEach: [...hooks.afterEach, ...each.afterEach],
    };
    try {
      for (const work of hooks.before) await work({});
      for (const entry of entries) await this.#runEntry(entry, around);
    } finally {
      for (const work of hooks.after) await work({});
    }
  }

  async #runEntry(
    { name, options, work, isSuite }: Entry,
    around: Pick<Hooks, 'beforeEach' | 'afterEach'>,
  ): Promise<void> {
    if (Boolean(options.skip) || Boolean(options.todo)) return;
    if (isSuite) {
      await work({});
      await this.run(around);
      return;
    }
    const mocks = new (mock.constructor as new () => typeof mock)();
    const after: Work[] = [];
    const abort = new AbortController();
    const nothing = (): void => undefined;
    const context = {
      ...{ name, mock: mocks, signal: abort.signal, diagnostic: nothing, skip: nothing, todo: nothing },
      after: (each: Work) => after.push(each),
      test: (...given: readonly unknown[]) => {
        const inner = given.find((each) => typeof each === 'function') as Work;
        return this.#runEntry({ name, options: {}, work: inner, isSuite: false }, around);
      },
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      const limit = Math.min(options.timeout ?? longestMs, longestMs);
      timer = setTimeout(() => {
        reject(new Error(`took longer than ${limit} ms`));
      }, limit).unref();
    });
    try {
      for (const before of around.beforeEach) await before(context);
      await Promise.race([work(context), late]);
    } catch (error) {
      throw new FailedTest(name, error);
    } finally {
      clearTimeout(timer);
      mocks.reset();
      abort.abort();
      for (const each of [...after, ...around.afterEach]) await each(context);
    }
  }
}

function noHooks(): Hooks {
  return { before: [], after: [], beforeEach: [], afterEach: [] };
}
