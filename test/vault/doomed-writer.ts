/** Writes to a storage until it is killed, and says on stdout which writes were acknowledged. */
import { openFileStorage } from '../../src/vault/index.ts';

const [, , directory = '', round = ''] = process.argv;
const key = Buffer.from(process.env['STORAGE_KEY'] ?? '', 'hex');
const storage = await openFileStorage(directory, { key });
for (let number = 0; ; number += 8) {
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const name = `${round}/${number + index}`;
      await storage.put(name, { value: Buffer.from(name.repeat(100)) });
      process.stdout.write(`${name}\n`);
    }),
  );
}
