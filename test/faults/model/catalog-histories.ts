/** Operations at the same time on one entry of a catalog, noted with what they returned and when. */
import {
  EntryNotFoundError,
  PluginCatalog,
  RuntimeCatalog,
  toPluginEntry,
  type CatalogStore,
} from '../../../src/catalog/index.ts';
import type { Random } from '../../../src/soak/random.ts';
import type { Operation } from './linearizable.ts';

/** Carries out so many operations, each begun in some turn of the event loop, and returns the history. */
export async function catalogHistory(
  store: CatalogStore,
  random: Random,
  length: number,
): Promise<Operation[]> {
  const catalog = new PluginCatalog(store, new RuntimeCatalog(store));
  let time = 0;
  return Promise.all(
    Array.from({ length }, async (_, number): Promise<Operation> => {
      for (let turns = random.below(4); turns > 0; turns -= 1) await new Promise(setImmediate);
      const begin = (time += 1);
      const what = random.below(5);
      if (what < 2) {
        const word = `w${number}`;
        await catalog.put(
          toPluginEntry({ type: 'secret', name: 'x', ociImage: 'localhost/x:1', args: [word] }),
        );
        return { begin, end: (time += 1), apply: () => ({ value: word }) };
      }
      if (what === 2) {
        await catalog.deregister('secret', 'x');
        return { begin, end: (time += 1), apply: () => ({ value: undefined }) };
      }
      const seen = await catalog.resolve('secret', 'x').then(
        ({ args }) => args[0],
        (error: unknown) => {
          if (error instanceof EntryNotFoundError) return undefined;
          throw error;
        },
      );
      return { begin, end: (time += 1), apply: (value) => (value === seen ? { value } : undefined) };
    }),
  );
}
