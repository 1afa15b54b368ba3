import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDurably } from '../../../catalog/internal.ts';
import { KeyedLock } from '../../../waiting/keyed-lock.ts';

/** How many folders are remembered as durable. */
const mostRemembered = 10_000;

/**
 * Makes and removes the folders of a storage, one at a time: a folder that another write has made is durable only when
 * that write has made it so.
 */
export class Folders {
  readonly #root: string;
  readonly #lock = new KeyedLock();
  readonly #durable = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async make(folder: string): Promise<void> {
    if (this.#durable.has(folder)) return;
    await this.#lock.take('all', async () => {
      await makeDurably(folder);
      if (this.#durable.size >= mostRemembered) this.#durable.clear();
      this.#durable.add(folder);
    });
  }

  /** Removes a folder, and those above it, as far as nothing is left in them. */
  async tidy(folder: string): Promise<void> {
    await this.#lock.take('all', async () => {
      for (let at = folder; at.startsWith(`${this.#root}/`); at = dirname(at)) {
        this.#durable.delete(at);
        try {
          await rmdir(at);
        } catch (error) {
          // Another write has put something there. Any other failure leaves an empty folder, which does no harm.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
        }
      }
    });
  }
}
