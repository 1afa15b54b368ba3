/**
 * Calls that are in progress, so that they can be ended. They are linked to each other, because a `Set` into which many come
 * and go makes a new table now and then, and each table keeps the next one, with its calls, from the garbage collector until
 * the collection of all memory.
 */

/** What can be in the list. The links belong to the list. */
export interface Cancellable {
  cancel(): void;
  list?: CallsInProgress | undefined;
  before?: Cancellable | undefined;
  after?: Cancellable | undefined;
}

export class CallsInProgress implements Iterable<Cancellable> {
  #last: Cancellable | undefined;

  add(call: Cancellable): void {
    if (call.list) return;
    call.list = this;
    call.before = this.#last;
    if (this.#last) this.#last.after = call;
    this.#last = call;
  }

  /** Does nothing for a call that is not in the list. */
  delete(call: Cancellable): void {
    if (call.list !== this) return;
    const { before, after } = call;
    if (before) before.after = after;
    if (after) after.before = before;
    else this.#last = before;
    call.list = call.before = call.after = undefined;
  }

  /** From the last to the first. Calls may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<Cancellable> {
    const all: Cancellable[] = [];
    for (let call = this.#last; call; call = call.before) all.push(call);
    yield* all;
  }
}
