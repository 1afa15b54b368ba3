/** The version of a runsc is read from its file, wherever in it, and again when the file has changed. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { readGvisorVersion } from '../../src/compatibility/gather/gvisor-version.ts';

const mebibyte = 1024 * 1024;
const mainPackage = 'path\tgvisor.dev/gvisor/runsc\n';
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gvisor-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

/** A program of three mebibytes with these texts in it. */
async function program(
  name: string,
  texts: readonly (readonly [at: number, text: string])[],
): Promise<string> {
  const bytes = Buffer.alloc(3 * mebibyte, 'release-');
  for (const [at, text] of texts) bytes.write(`\0${text}\0`, at, 'latin1');
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

it('is found where two pieces of the file meet, in either spelling', async () => {
  for (const version of ['release-20240729.0', '0.0~20221219.0']) {
    for (let before = 0; before < 40; before += 7) {
      const path = await program('runsc', [
        [mebibyte - before, version],
        [2 * mebibyte, mainPackage],
      ]);
      assert.equal(await readGvisorVersion(path), version, `${before} bytes before the end of a piece`);
    }
  }
});

it('is unknown for a program that names two, and for one that is no gVisor', async () => {
  const two = await program('two', [
    [100, 'release-20240729.0'],
    [2 * mebibyte, 'release-20240730.0'],
    [5000, mainPackage],
  ]);
  assert.equal(await readGvisorVersion(two), undefined);
  assert.equal(await readGvisorVersion(await program('other', [[100, 'release-20240729.0']])), undefined);
});

it('is read again from a file that was replaced or changed', async () => {
  const of = (version: string) =>
    program('changing', [
      [100, version],
      [5000, mainPackage],
    ]);
  assert.equal(await readGvisorVersion(await of('release-20240729.0')), 'release-20240729.0');
  assert.equal(await readGvisorVersion(await of('release-20250101.0')), 'release-20250101.0');
  await rm(join(folder, 'changing'));
  assert.equal(await readGvisorVersion(await of('release-20250102.0')), 'release-20250102.0');
});
