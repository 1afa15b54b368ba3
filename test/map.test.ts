/** The map of the source is true: every room has its page, every page and file that is named is there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

const rooms = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  ...rooms.map((room) => `src/${room}/README.md`),
];

/** What is made in the checkout and never committed. */
const ignored = readFileSync('.gitignore', 'utf8').split('\n');

describe('the map', () => {
  for (const room of rooms) {
    it(`has a page for ${room}, and leads to it`, () => {
      assert.ok(existsSync(`src/${room}/README.md`));
      for (const page of ['ARCHITECTURE.md', 'README.md']) {
        assert.ok(readFileSync(page, 'utf8').includes(`(src/${room}/README.md)`), page);
      }
    });
  }

  for (const page of pages) {
    it(`leads from ${page} to files that are there`, () => {
      const text = readFileSync(page, 'utf8');
      const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, path = '']) =>
        join(dirname(page), path),
      );
      assert.deepEqual(
        links.filter((path) => !existsSync(path)),
        [],
      );
    });

    it(`names in ${page} no file of the source that is not there`, () => {
      const text = readFileSync(page, 'utf8').replace(/```[\s\S]*?```/g, '');
      const missing = [...text.matchAll(/^.*$/gm)].flatMap(([line]) => missingIn(line, dirname(page)));
      assert.deepEqual(missing, []);
    });
  }
});

/** A name without a folder lies beside the file that is named before it in the line, or in the folder of the page. */
function missingIn(line: string, folder: string): string[] {
  const missing: string[] = [];
  let beside = folder;
  for (const [, name = ''] of line.matchAll(/`((?:[\w.-]+\/)*(?:[\w.-]+\.ts|[\w-]+\/))`/g)) {
    const places = [name, join(beside, name), join(folder, name), join('src', name)];
    if (ignored.includes(name)) continue;
    const found = places.find((path) => existsSync(path));
    if (found === undefined) missing.push(name);
    else beside = name.endsWith('/') ? beside : dirname(found);
  }
  return missing;
}
