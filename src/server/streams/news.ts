/** Lets one reader wait until there is something to read. */
import { whenAborted } from '../../abort.ts';

export class News {
  #told = false;
  #wake: () => void = () => undefined;

  /** Says that there is something. It is remembered while nobody waits. */
  tell(): void {
    this.#told = true;
    this.#wake();
  }

  /** Resolves when something was told since the last wait, when the time is over, or at the abort. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.#told && !signal.aborted) {
      let stop = (): void => undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        const timer = setTimeout(resolve, milliseconds).unref();
        const stopListening = whenAborted(signal, resolve);
        stop = () => {
          clearTimeout(timer);
          stopListening();
        };
      });
      stop();
    }
    this.#told = false;
  }
}

/** Whether the signal is aborted by now: after a wait, too, which the compiler does not expect of the property itself. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Resolves when the time is over, or at the abort. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new News().wait(milliseconds, signal);
}
