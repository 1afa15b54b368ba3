/** Run by tests as another process: takes the lock of a store, says so, and counts up or waits to be killed. */
import { fileStore } from '../../src/catalog/index.ts';

const [directory = '', task = '', rounds = '0'] = process.argv.slice(2);
const store = fileStore(directory);

if (task === 'count') {
  for (let round = 0; round < Number(rounds); round += 1) {
    await store.exclusively(async () => {
      const count = Number((await store.get(['count'])) ?? 0);
      await store.put(['count'], String(count + 1));
    });
  }
} else if (task === 'hold') {
  await store.exclusively(async () => {
    process.stdout.write('held\n');
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  });
} else {
  // Writes the same document again and again, whole each time, until it is killed.
  for (let round = 0; ; round += 1) {
    await store.put(['torn'], JSON.stringify({ round, padding: 'x'.repeat(100_000) }));
    if (round === 0) process.stdout.write('writing\n');
  }
}
