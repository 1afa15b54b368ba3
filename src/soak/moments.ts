/** Counts what happens in a trial, and fires what waits for a moment. */
import type { Fault } from '../testing/index.ts';
import type { Counted, Moment } from './trial.ts';

const patterns: Readonly<Record<Exclude<Counted, 'request' | 'call'>, RegExp>> = {
  create: /^POST \S*\/containers\/create/,
  start: /^POST \S*\/containers\/[^/]+\/start/,
  inspect: /^GET \S*\/containers\/[^/]+\/json/,
  wait: /^POST \S*\/containers\/[^/]+\/wait/,
  attach: /^POST \S*\/containers\/[^/]+\/attach/,
  remove: /^DELETE \S*\/containers\//,
  list: /^GET \S*\/containers\/json/,
};

/** What is done at a moment. For a request, it may return the fault of its answer. */
export type Action = () => Fault | undefined;

interface Waiting {
  readonly moment: Moment;
  readonly action: Action;
  left: number;
}

export class Moments {
  readonly #waiting = new Set<Waiting>();
  #requests = 0;
  #armed = false;

  /** How many requests the engine has got. */
  get requests(): number {
    return this.#requests;
  }

  at(moment: Moment, action: Action): void {
    this.#waiting.add({ moment, action, left: moment.number });
  }

  /** Nothing is counted before. */
  arm(): void {
    this.#armed = true;
  }

  /** From now on nothing happens any more. */
  disarm(): void {
    this.#armed = false;
    this.#waiting.clear();
  }

  request({ method, target }: { readonly method: string; readonly target: string }): Fault {
    this.#requests += 1;
    const line = `${method} ${target}`;
    const faults = this.#fire(
      (counted) => counted === 'request' || (counted !== 'call' && patterns[counted].test(line)),
    );
    return faults.find((fault) => fault !== undefined) ?? { kind: 'none' };
  }

  call(): void {
    this.#fire((counted) => counted === 'call');
  }

  #fire(fits: (counted: Counted) => boolean): (Fault | undefined)[] {
    if (!this.#armed) return [];
    const due = [...this.#waiting].filter((each) => fits(each.moment.counted) && each.left-- === 0);
    return due.map((each) => {
      this.#waiting.delete(each);
      return each.action();
    });
  }
}
